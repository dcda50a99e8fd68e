//! The command line.

use std::net::SocketAddr;

use wechatpay_simulator::Merchant;

/// What `--help` prints.
pub const HELP: &str = "A WeChat Pay that runs on localhost.

wechatpay-simulator [--listen ADDRESS] [--appid ID] [--mch-id NUMBER] [--api-key KEY] [--allow-remote]

  --listen ADDRESS   where to listen (127.0.0.1:8002)
  --appid ID         the merchant's appid (wx8888888888888888)
  --mch-id NUMBER    the merchant's number (1900000109)
  --api-key KEY      the merchant's APIv2 key, a made-up one: GET /sim/merchant shows it
  --allow-remote     listen on an address that other machines can reach";

/// What the caller wants.
pub enum Wish {
    /// To read the help.
    Help,
    /// To run.
    Run(Flags),
}

/// How to run.
pub struct Flags {
    pub listen: SocketAddr,
    pub merchant: Merchant,
    reach: Reach,
}

enum Reach {
    Loopback,
    Anywhere,
}

/// Reads the arguments, without the program's name.
pub fn read(arguments: impl Iterator<Item = String>) -> Result<Wish, String> {
    let listen = SocketAddr::from(([127, 0, 0, 1], 8002));
    let mut flags = Flags { listen, merchant: Merchant::demo(), reach: Reach::Loopback };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Wish::Help),
            "--allow-remote" => flags.reach = Reach::Anywhere,
            name => set(&mut flags, name, arguments.next())?,
        }
    }
    check_reach(&flags).map(|()| Wish::Run(flags))
}

fn set(flags: &mut Flags, name: &str, value: Option<String>) -> Result<(), String> {
    let field = match name {
        "--listen" => None,
        "--appid" => Some(&mut flags.merchant.appid),
        "--mch-id" => Some(&mut flags.merchant.mch_id),
        "--api-key" => Some(&mut flags.merchant.api_key),
        unknown => return Err(format!("unknown flag {unknown}")),
    };
    let value = value.filter(|value| !value.is_empty()).ok_or_else(|| format!("{name} needs a value"))?;
    match field {
        Some(field) => *field = value,
        None => flags.listen = value.parse().map_err(|_| format!("{value} is not ADDRESS:PORT"))?,
    }
    Ok(())
}

/// Whoever reaches the simulator can read its keys and pay every order.
fn check_reach(flags: &Flags) -> Result<(), String> {
    match flags.reach {
        Reach::Loopback if !flags.listen.ip().is_loopback() => {
            Err(format!("{} is not a loopback address: add --allow-remote if you mean it", flags.listen))
        }
        Reach::Loopback | Reach::Anywhere => Ok(()),
    }
}
