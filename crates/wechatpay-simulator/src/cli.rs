//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use wechatpay_simulator::{Merchant, Options};

/// What `--help` prints.
pub const HELP: &str = "A WeChat Pay that runs on localhost.

wechatpay-simulator [--listen ADDRESS] [--listen-tls ADDRESS] [--appid ID] [--mch-id NUMBER] [--api-key KEY]
                    [--native-callback URL] [--refund-notify URL] [--keys FOLDER] [--allow-remote]

  --listen ADDRESS       where to listen (127.0.0.1:8002)
  --listen-tls ADDRESS   where to listen for https with client certificates too
  --appid ID             the merchant's appid (wx8888888888888888)
  --mch-id NUMBER        the merchant's number (1900000109)
  --api-key KEY          the merchant's APIv2 key, a made-up one: GET /sim/merchant shows it
  --native-callback URL  where scans of mode-one codes are told
  --refund-notify URL    where refunds are told that name no address of their own
  --keys FOLDER          write the keys of this run there, as files for clients that want files
  --allow-remote         listen on an address that other machines can reach";

/// What the caller wants.
pub enum Wish {
    /// To read the help.
    Help,
    /// To run.
    Run(Box<Flags>),
}

/// How to run.
pub struct Flags {
    pub options: Options,
    /// Where to write the keys.
    pub keys: Option<PathBuf>,
    reach: Reach,
}

#[derive(Clone, Copy)]
enum Reach {
    Loopback,
    Anywhere,
}

/// Reads the arguments, without the program's name.
pub fn read(arguments: impl Iterator<Item = String>) -> Result<Wish, String> {
    let listen = SocketAddr::from(([127, 0, 0, 1], 8002));
    let options = Options::new(listen, Merchant::demo());
    let mut flags = Flags { options, keys: None, reach: Reach::Loopback };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Wish::Help),
            "--allow-remote" => flags.reach = Reach::Anywhere,
            name => set(&mut flags, name, arguments.next())?,
        }
    }
    check_reach(&flags).map(|()| Wish::Run(Box::new(flags)))
}

fn set(flags: &mut Flags, name: &str, value: Option<String>) -> Result<(), String> {
    let value = || value.filter(|value| !value.is_empty()).ok_or_else(|| format!("{name} needs a value"));
    let options = &mut flags.options;
    match name {
        "--listen" => options.listen = address(&value()?)?,
        "--listen-tls" => options.listen_tls = Some(address(&value()?)?),
        "--appid" => options.merchants[0].appid = value()?,
        "--mch-id" => options.merchants[0].mch_id = value()?,
        "--api-key" => options.merchants[0].api_key = value()?,
        "--native-callback" => options.native_callback_url = Some(value()?),
        "--refund-notify" => options.refund_notify_url = Some(value()?),
        "--keys" => flags.keys = Some(value()?.into()),
        unknown => return Err(format!("unknown flag {unknown}")),
    }
    Ok(())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("{text} is not ADDRESS:PORT"))
}

/// Whoever reaches the simulator can read its keys and pay every order.
fn check_reach(flags: &Flags) -> Result<(), String> {
    let listens = [Some(flags.options.listen), flags.options.listen_tls];
    let far = listens.into_iter().flatten().find(|address| !address.ip().is_loopback());
    match (flags.reach, far) {
        (Reach::Loopback, Some(far)) => {
            Err(format!("{far} is not a loopback address: add --allow-remote if you mean it"))
        }
        (Reach::Loopback, None) | (Reach::Anywhere, _) => Ok(()),
    }
}
