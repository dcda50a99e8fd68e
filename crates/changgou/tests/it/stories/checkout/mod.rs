//! The settlement page, where a buyer checks an order before placing it.

mod settlement;
