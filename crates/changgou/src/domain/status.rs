//! The states of an order and the transitions between them.
//!
//! The columns store the Java shop's letters. They are read by [`OrderState::read`], written from
//! [`OrderState::letters`] and changed by [`OrderState::next`], nowhere else.

use crate::domain::words::word_enum;

word_enum! {
    /// The column `pay_type`.
    pub enum PayType {
        /// 在线支付: paid before shipment.
        Online = "1",
        /// 货到付款: paid on receipt.
        OnDelivery = "0",
    }
}

/// The three status columns of `tb_order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusLetters<'a> {
    /// `order_status`: 0 未完成, 1 已完成, 2 已退货, 3 已关闭.
    pub order: &'a str,
    /// `pay_status`: 0 未支付, 1 已支付, 2 支付失败.
    pub pay: &'a str,
    /// `consign_status`: 0 未发货, 1 已发货, 2 已收货.
    pub consign: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// To be paid online, not paid yet.
    AwaitingPayment,
    /// Paid online, or to be paid on delivery.
    AwaitingShipment,
    Shipped,
    /// Received and paid.
    Completed,
    /// Closed without money; stock, points and coupon were returned.
    Closed,
    /// All goods were returned and refunded.
    Returned,
    /// Refunded before shipment.
    Refunded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderEvent {
    Paid,
    Shipped,
    Received,
    /// Before it brought money: unpaid, or to be paid on delivery and called off or refused at the door.
    Closed,
    Returned,
    /// Before it was shipped.
    Refunded,
    /// Paid after it was closed, while its goods were still in stock.
    Reopened,
}

/// The event is not allowed in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {state:?} cannot be {event:?}")]
pub struct IllegalMove {
    pub state: OrderState,
    pub event: OrderEvent,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no order can have pay_type {pay_type}, order_status {order}, pay_status {pay}, consign_status {consign}"
)]
pub struct UnreachableState {
    pay_type: String,
    order: String,
    pay: String,
    consign: String,
}

impl OrderState {
    /// In the order in which an order passes them.
    pub const ALL: [OrderState; 7] = [
        OrderState::AwaitingPayment,
        OrderState::AwaitingShipment,
        OrderState::Shipped,
        OrderState::Completed,
        OrderState::Closed,
        OrderState::Returned,
        OrderState::Refunded,
    ];

    pub fn placed(pay_type: PayType) -> OrderState {
        match pay_type {
            PayType::Online => OrderState::AwaitingPayment,
            PayType::OnDelivery => OrderState::AwaitingShipment,
        }
    }

    pub fn read(pay_type: PayType, letters: StatusLetters<'_>) -> Result<OrderState, UnreachableState> {
        let meant = |state: &OrderState| state.letters(pay_type) == Some(letters);
        OrderState::ALL.into_iter().find(meant).ok_or_else(|| UnreachableState {
            pay_type: pay_type.word().to_owned(),
            order: letters.order.to_owned(),
            pay: letters.pay.to_owned(),
            consign: letters.consign.to_owned(),
        })
    }

    /// `None` if an order of this pay type never has this state.
    pub fn letters(self, pay_type: PayType) -> Option<StatusLetters<'static>> {
        let (order, pay, consign) = match (pay_type, self) {
            (PayType::Online, OrderState::AwaitingPayment) => ("0", "0", "0"),
            (PayType::Online, OrderState::AwaitingShipment) => ("0", "1", "0"),
            (PayType::Online, OrderState::Shipped) => ("0", "1", "1"),
            (PayType::OnDelivery, OrderState::AwaitingPayment) => return None,
            (PayType::OnDelivery, OrderState::AwaitingShipment) => ("0", "0", "0"),
            (PayType::OnDelivery, OrderState::Shipped) => ("0", "0", "1"),
            (PayType::Online | PayType::OnDelivery, OrderState::Completed) => ("1", "1", "2"),
            (PayType::Online | PayType::OnDelivery, OrderState::Closed) => ("3", "0", "0"),
            (PayType::Online | PayType::OnDelivery, OrderState::Returned) => ("2", "1", "2"),
            (PayType::Online, OrderState::Refunded) => ("2", "1", "0"),
            (PayType::OnDelivery, OrderState::Refunded) => ("2", "0", "0"),
        };
        Some(StatusLetters { order, pay, consign })
    }

    pub fn next(self, pay_type: PayType, event: OrderEvent) -> Result<OrderState, IllegalMove> {
        match (self, event) {
            (OrderState::AwaitingPayment, OrderEvent::Paid) => Ok(OrderState::AwaitingShipment),
            (OrderState::AwaitingPayment, OrderEvent::Closed) => Ok(OrderState::Closed),
            (OrderState::AwaitingShipment | OrderState::Shipped, OrderEvent::Closed)
                if pay_type == PayType::OnDelivery =>
            {
                Ok(OrderState::Closed)
            }
            (OrderState::AwaitingShipment, OrderEvent::Shipped) => Ok(OrderState::Shipped),
            (OrderState::AwaitingShipment, OrderEvent::Refunded) => Ok(OrderState::Refunded),
            (OrderState::Shipped, OrderEvent::Received) => Ok(OrderState::Completed),
            (OrderState::Shipped | OrderState::Completed, OrderEvent::Returned) => Ok(OrderState::Returned),
            (OrderState::Closed, OrderEvent::Reopened) => Ok(OrderState::AwaitingShipment),
            (
                OrderState::AwaitingPayment
                | OrderState::AwaitingShipment
                | OrderState::Shipped
                | OrderState::Completed
                | OrderState::Closed
                | OrderState::Returned
                | OrderState::Refunded,
                OrderEvent::Paid
                | OrderEvent::Shipped
                | OrderEvent::Received
                | OrderEvent::Closed
                | OrderEvent::Returned
                | OrderEvent::Refunded
                | OrderEvent::Reopened,
            ) => Err(IllegalMove { state: self, event }),
        }
    }
}

/// Whether an order of the Java shop has an `end_time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionTime {
    None,
    Noted,
}

/// The state of an order of the Java shop whose letters no order of ours can have. Its editions used the
/// letters in several ways. A paid order stays paid, and a shipped one stays shipped:
///
/// - `order_status` 1 right after the payment: awaiting shipment, or as far as the parcel is.
/// - 2 with a parcel on its way, 3 with a received one, 4: another edition's shipped, completed, closed.
/// - 支付失败: awaiting payment again.
/// - Pay on delivery but already paid: paid online. Online but shipped unpaid: pay on delivery.
pub fn adopted(pay_type: &str, letters: StatusLetters<'_>, end: CompletionTime) -> (PayType, OrderState) {
    let StatusLetters { order, pay, consign } = letters;
    let paid = pay == "1";
    let online = pay_type != PayType::OnDelivery.word();
    let state = match (order, consign) {
        ("3" | "4", "0") if !paid => OrderState::Closed,
        ("4", _) if paid => OrderState::Returned,
        ("2", "0" | "2") => {
            if paid {
                OrderState::Returned
            } else {
                OrderState::Closed
            }
        }
        (_, "2") | ("3", _) => OrderState::Completed,
        _ if end == CompletionTime::Noted && paid => OrderState::Completed,
        (_, "1") => OrderState::Shipped,
        _ if paid || !online => OrderState::AwaitingShipment,
        _ => OrderState::AwaitingPayment,
    };
    let pay_type = match state {
        OrderState::AwaitingPayment => PayType::Online,
        OrderState::AwaitingShipment | OrderState::Shipped if paid => PayType::Online,
        OrderState::AwaitingShipment | OrderState::Shipped => PayType::OnDelivery,
        // Received without a recorded payment: it was paid on delivery.
        OrderState::Completed if !paid => PayType::OnDelivery,
        OrderState::Completed | OrderState::Closed | OrderState::Returned | OrderState::Refunded => {
            if online { PayType::Online } else { PayType::OnDelivery }
        }
    };
    (pay_type, state)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [OrderEvent; 7] = [
        OrderEvent::Paid,
        OrderEvent::Shipped,
        OrderEvent::Received,
        OrderEvent::Closed,
        OrderEvent::Returned,
        OrderEvent::Refunded,
        OrderEvent::Reopened,
    ];

    #[test]
    fn the_letters_of_every_state_read_back_as_that_state() {
        for pay_type in [PayType::Online, PayType::OnDelivery] {
            for state in OrderState::ALL {
                if let Some(letters) = state.letters(pay_type) {
                    assert_eq!(OrderState::read(pay_type, letters), Ok(state));
                }
            }
        }
    }

    #[test]
    fn every_move_from_a_placed_order_lands_where_letters_exist() {
        for pay_type in [PayType::Online, PayType::OnDelivery] {
            let mut reached = vec![OrderState::placed(pay_type)];
            let mut at = 0;
            while at < reached.len() {
                let onward = EVENTS.iter().filter_map(|event| reached[at].next(pay_type, *event).ok());
                let fresh: Vec<_> = onward.filter(|state| !reached.contains(state)).collect();
                reached.extend(fresh);
                at += 1;
            }
            assert!(reached.iter().all(|state| state.letters(pay_type).is_some()), "{reached:?}");
        }
    }

    #[test]
    fn whatever_the_java_shop_wrote_is_adopted_as_a_state_with_letters() {
        for pay_type in ["0", "1", "2", ""] {
            for order in ["0", "1", "2", "3", "4", "9"] {
                for (pay, consign) in
                    ["0", "1", "2"].into_iter().flat_map(|a| ["0", "1", "2"].map(|b| (a, b)))
                {
                    for end in [CompletionTime::None, CompletionTime::Noted] {
                        let (to, state) = adopted(pay_type, StatusLetters { order, pay, consign }, end);
                        let became = state.letters(to).expect("it has letters");
                        assert!(
                            pay != "1" || became.pay == "1",
                            "{order}{pay}{consign}: what was paid stays paid"
                        );
                    }
                }
            }
        }
        let of = |pay_type, order, pay, consign| {
            adopted(pay_type, StatusLetters { order, pay, consign }, CompletionTime::None)
        };
        assert_eq!(of("1", "1", "1", "0"), (PayType::Online, OrderState::AwaitingShipment));
        assert_eq!(of("1", "0", "2", "0"), (PayType::Online, OrderState::AwaitingPayment));
        assert_eq!(of("1", "2", "1", "1"), (PayType::Online, OrderState::Shipped));
        assert_eq!(of("1", "4", "0", "0"), (PayType::Online, OrderState::Closed));
        assert_eq!(of("1", "0", "0", "1"), (PayType::OnDelivery, OrderState::Shipped));
        assert_eq!(of("0", "0", "1", "0"), (PayType::Online, OrderState::AwaitingShipment));
    }

    #[test]
    fn what_was_paid_online_is_never_closed() {
        for state in [OrderState::AwaitingShipment, OrderState::Shipped] {
            assert!(state.next(PayType::Online, OrderEvent::Closed).is_err());
            assert_eq!(state.next(PayType::OnDelivery, OrderEvent::Closed), Ok(OrderState::Closed));
        }
        assert!(OrderState::Completed.next(PayType::OnDelivery, OrderEvent::Closed).is_err());
    }

    #[test]
    fn letters_nobody_writes_are_named() {
        let letters = StatusLetters { order: "1", pay: "0", consign: "0" };
        let error = OrderState::read(PayType::Online, letters).unwrap_err();
        assert!(error.to_string().contains("order_status 1, pay_status 0"), "{error}");
    }
}
