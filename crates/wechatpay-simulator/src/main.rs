//! The simulator as a program.

mod flags;

use std::process::ExitCode;

use flags::{Flags, Wish};
use wechatpay_simulator::{Options, start};

#[tokio::main]
async fn main() -> ExitCode {
    match flags::read(std::env::args().skip(1)) {
        Ok(Wish::Help) => {
            println!("{}", flags::HELP);
            ExitCode::SUCCESS
        }
        Ok(Wish::Run(flags)) => run(flags).await,
        Err(why) => fail(&format!("{why}\n\n{}", flags::HELP)),
    }
}

async fn run(flags: Flags) -> ExitCode {
    let merchant = flags.merchant.clone();
    let simulator = match start(Options::new(flags.listen, flags.merchant)).await {
        Ok(simulator) => simulator,
        Err(error) => return fail(&error.to_string()),
    };
    println!("WeChat Pay simulator: http://{}/ (the phone)", simulator.address());
    println!("  appid {}  mch_id {}  api_key {}", merchant.appid, merchant.mch_id, merchant.api_key);
    // Without the signal there is no polite end, only the operating system's.
    let _ = tokio::signal::ctrl_c().await;
    simulator.stop().await;
    ExitCode::SUCCESS
}

fn fail(why: &str) -> ExitCode {
    eprintln!("wechatpay-simulator: {why}");
    ExitCode::FAILURE
}
