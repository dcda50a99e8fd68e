//! Registration, logins and addresses.

mod address;
mod login;
mod password_guessing;
mod registration;
mod usernames;
