//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use wechatpay_simulator::{Merchant, SimulatorOptions};

/// What `--help` prints.
pub const HELP: &str = "A WeChat Pay that runs on localhost.

wechatpay-simulator [--listen ADDRESS] [--listen-tls ADDRESS] [--appid ID] [--mch-id NUMBER] [--api-key KEY]
                    [--native-callback URL] [--refund-notify URL] [--keys FOLDER] [--allow-remote]

  --listen ADDRESS       address to listen on (127.0.0.1:8002)
  --listen-tls ADDRESS   address for https with client certificates
  --appid ID             the merchant's appid (wx8888888888888888)
  --mch-id NUMBER        the merchant's number (1900000109)
  --api-key KEY          the merchant's APIv2 key; GET /sim/merchant shows the default
  --native-callback URL  callback URL for scans of mode-one codes
  --refund-notify URL    URL for notices of refunds without their own
  --keys FOLDER          write the keys of this run to files in this folder
  --allow-remote         allow an address that other machines can reach";

/// The parsed command line.
pub enum Command {
    /// Print the help.
    Help,
    /// Run the simulator.
    Run(Box<CliOptions>),
}

/// The options of a run.
pub struct CliOptions {
    pub options: SimulatorOptions,
    /// The folder for the key files.
    pub keys: Option<PathBuf>,
    reach: Exposure,
}

#[derive(Clone, Copy)]
enum Exposure {
    Loopback,
    Anywhere,
}

/// Parses the arguments, without the program name.
pub fn read(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let listen = SocketAddr::from(([127, 0, 0, 1], 8002));
    let options = SimulatorOptions::new(listen, Merchant::demo());
    let mut flags = CliOptions { options, keys: None, reach: Exposure::Loopback };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--allow-remote" => flags.reach = Exposure::Anywhere,
            name => set(&mut flags, name, arguments.next())?,
        }
    }
    check_reach(&flags).map(|()| Command::Run(Box::new(flags)))
}

fn set(flags: &mut CliOptions, name: &str, value: Option<String>) -> Result<(), String> {
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

/// Refuses remote addresses by default: anyone who can connect can read the keys and pay every order.
fn check_reach(flags: &CliOptions) -> Result<(), String> {
    let listens = [Some(flags.options.listen), flags.options.listen_tls];
    let far = listens.into_iter().flatten().find(|address| !address.ip().is_loopback());
    match (flags.reach, far) {
        (Exposure::Loopback, Some(far)) => {
            Err(format!("{far} is not a loopback address: add --allow-remote if you mean it"))
        }
        (Exposure::Loopback, None) | (Exposure::Anywhere, _) => Ok(()),
    }
}
