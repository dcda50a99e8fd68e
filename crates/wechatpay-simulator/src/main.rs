//! The simulator program.

mod cli;

use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use cli::{CliOptions, Command};
use wechatpay_simulator::{Simulator, start};

#[tokio::main]
async fn main() -> ExitCode {
    match cli::read(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            println!("{}", cli::HELP);
            ExitCode::SUCCESS
        }
        Ok(Command::Run(flags)) => run(*flags).await,
        Err(why) => fail(&format!("{why}\n\n{}", cli::HELP)),
    }
}

async fn run(flags: CliOptions) -> ExitCode {
    let merchant = flags.options.merchants[0].clone();
    let simulator = match start(flags.options).await {
        Ok(simulator) => simulator,
        Err(error) => return fail(&error.to_string()),
    };
    if let Some(folder) = &flags.keys
        && let Err(error) = write_keys(&simulator, &merchant.mch_id, folder)
    {
        return fail(&format!("cannot write keys to {}: {error}", folder.display()));
    }
    println!("WeChat Pay simulator: http://{}/ (the phone)", simulator.address());
    if let Some(address) = simulator.tls_address() {
        println!("  https with client certificates: https://{address}/");
    }
    println!("  appid {}  mch_id {}  api_key {}", merchant.appid, merchant.mch_id, merchant.api_key);
    // If the signal cannot be received, only the operating system can end the program.
    let _ = tokio::signal::ctrl_c().await;
    simulator.stop().await;
    ExitCode::SUCCESS
}

/// Writes the key files under the names that WeChat's own tools use.
fn write_keys(simulator: &Simulator, mch_id: &str, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let platform = simulator.platform_keys();
    if let Some(keys) = simulator.merchant_keys(mch_id) {
        fs::write(folder.join("apiclient_key.pem"), keys.private_key_pem)?;
        fs::write(folder.join("apiclient_cert.pem"), keys.certificate_pem)?;
    }
    fs::write(folder.join("pub_key.pem"), platform.public_key_pem)?;
    fs::write(folder.join("tls_cert.pem"), simulator.tls_certificate_pem())?;
    for certificate in platform.certificates {
        fs::write(
            folder.join(format!("wechatpay_{}.pem", certificate.serial_no)),
            certificate.certificate_pem,
        )?;
    }
    Ok(())
}

fn fail(why: &str) -> ExitCode {
    eprintln!("wechatpay-simulator: {why}");
    ExitCode::FAILURE
}
