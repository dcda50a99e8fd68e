//! The shop's own troubles. They pass; asking again is safe.

super::messages! { System, SystemMessage {
    /// The shop is full or shutting down; nothing was done.
    Busy: Busy,
        "系统繁忙，请稍后再试",
        "The shop is busy; please try again in a moment.";
    /// The database went away while it was committing.
    OutcomeUnknown: Busy,
        "数据库连接中断，结果未知：请先查看结果；下单请用同一个 Idempotency-Key 重试",
        "The database connection was lost during the commit: please check first whether it was done; to order, try again with the same Idempotency-Key.";
}}
