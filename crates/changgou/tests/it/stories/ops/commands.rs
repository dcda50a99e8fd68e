//! The commands.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::program::{Place, complaint};

const WECHAT: [&str; 3] =
    ["--wechat-appid=wx1", "--wechat-mch-id=1900000109", "--wechat-api-key=hunter2hunter2hunter2hunter2hunt"];

#[test]
fn config_prints_every_setting_and_no_secret() {
    let place = Place::new();
    let help = place.says(&["--help"]);
    let flags: BTreeSet<String> = help
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(" <VALUE>"))
        .map(|(flag, _)| flag.replace('-', "_"))
        .collect();
    assert!(flags.len() > 15, "{help}");
    let mut command = place.command(&["config"]);
    let output = command.args(WECHAT).env("CHANGGOU_POST_FEE", "7").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("hunter2") && text.contains("(hidden)"), "{text}");
    let printed: toml::Table = text.parse().unwrap();
    assert_eq!(printed.keys().cloned().collect::<BTreeSet<_>>(), flags);
    assert_eq!(printed["post_fee"].as_str(), Some("7"));
    for (name, line) in printed.keys().map(|name| (name, format!("CHANGGOU_{}", name.to_uppercase()))) {
        assert!(text.contains(&line), "{name} tells its variable");
    }
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let place = Place::new();
    std::fs::write(
        place.folder.join("changgou.toml"),
        "post_fee = 1\npoints_per_order = 1\npost_free_from = \"1\"\n",
    )
    .unwrap();
    let mut command = place.command(&["config", "--post-fee", "3"]);
    let output =
        command.envs([("CHANGGOU_POST_FEE", "2"), ("CHANGGOU_POINTS_PER_ORDER", "2")]).output().unwrap();
    let printed: toml::Table = String::from_utf8(output.stdout).unwrap().parse().unwrap();
    let value = |name: &str| printed[name].as_str().unwrap().to_owned();
    assert_eq!(["post_fee", "points_per_order", "post_free_from"].map(value), ["3", "2", "1"]);
    let first = place.says(&["config"]);
    std::fs::write(place.folder.join("again.toml"), &first).unwrap();
    assert_eq!(place.says(&["config", "--config", "again.toml"]), first, "what it prints it reads");
}

#[test]
fn bad_settings_are_named_with_what_would_be_right() {
    let place = Place::new();
    for (args, words) in [
        (vec!["config", "--listen", "here"], vec!["setting listen", "here"]),
        (vec!["serve", "--listen", "0.0.0.0:8001"], vec!["setting listen", "loopback"]),
        (vec!["serve", "--listen", "[::]:8001"], vec!["setting listen", "loopback"]),
        (vec!["config", "--demo", "yes"], vec!["setting demo", "true, false, auto"]),
        (vec!["config", "--demo", "false"], vec!["wechat_appid"]),
        (vec!["config", "--wechat-appid", "wx1"], vec!["wechat_mch_id"]),
        (vec!["config", "--pay-within-minutes", "1"], vec!["pay_within_minutes", "between 5 and 1440"]),
        (vec!["config", "--post-fee", "ten"], vec!["post_fee", "ten"]),
        (
            vec!["migrate", "--database-url", "mysql://localhost:1/shop"],
            vec!["database shop at localhost:1", "cannot be reached"],
        ),
        (
            vec!["migrate", "--database-url", "mysql://root:secret@localhost"],
            vec!["names no database", "mysql://USER"],
        ),
        (
            vec!["migrate", "--database-url", "postgres://u:secret@h/shop"],
            vec!["(postgres)", "sqlite://", "mysql://"],
        ),
        (vec!["migrate", "--database-url", "sqlite:///proc/nowhere/shop.db"], vec!["/proc/nowhere"]),
        (vec!["config", "--config", "nothing.toml"], vec!["nothing.toml"]),
        (vec!["audit"], vec!["no database at", "changgou migrate"]),
        (vec!["order", "show", "NO.1"], vec!["no database at"]),
        (vec!["seed", "--orders", "1"], vec!["--users and --skus"]),
    ] {
        let complaint = place.complains(&args);
        assert!(words.iter().all(|word| complaint.contains(word)), "{args:?}: {complaint}");
        assert!(!complaint.contains("secret"), "{complaint}");
    }
    for (file, word) in
        [("lissten = 1", "lissten"), ("listen = [1]", "listen"), ("listen =", "changgou.toml")]
    {
        std::fs::write(place.folder.join("changgou.toml"), file).unwrap();
        assert!(place.complains(&["config"]).contains(word), "{file}");
    }
}

#[test]
fn a_foreign_database_file_is_left_alone() {
    let place = Place::new();
    let file = place.folder.join("notes.txt");
    std::fs::write(&file, "my notes, ".repeat(500)).unwrap();
    let url = format!("sqlite://{}", file.display());
    for command in ["migrate", "audit"] {
        place.complains(&[command, "--database-url", &url]);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "my notes, ".repeat(500));
}

#[test]
fn a_second_migration_changes_nothing() {
    let place = Place::new();
    for _ in 0..2 {
        assert!(place.says(&["migrate"]).contains("is up to date"));
    }
    assert!(place.says(&["audit"]).contains("35 laws hold"));
}

#[test]
fn seeded_data_passes_the_audit_and_the_tokens_are_json_lines() {
    let place = Place::new();
    let said = place.says(&[
        "seed",
        "--users",
        "20",
        "--skus",
        "7",
        "--stock",
        "5",
        "--orders",
        "50",
        "--tokens",
        "tokens.jsonl",
    ]);
    assert_eq!(said.trim(), "20 buyers, 7 SKUs with 5 pieces each, 50 orders");
    let audit = place.says(&["audit"]);
    assert!(audit.contains("35 laws hold") && !audit.contains("BROKEN"), "{audit}");
    let tokens = std::fs::read_to_string(place.folder.join("tokens.jsonl")).unwrap();
    let tokens: Vec<Value> = tokens.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(tokens.len(), 21);
    for (nth, line) in tokens.iter().enumerate() {
        let role = if nth == 0 { "operator" } else { "buyer" };
        assert_eq!(line["role"], role);
        assert!(line["username"].is_string() && line["token"].as_str().unwrap().len() == 64, "{line}");
        assert_eq!(line.as_object().unwrap().len(), 3);
    }
    place.says(&["seed", "--users", "3", "--skus", "1", "--stock", "1"]);
    assert!(place.says(&["audit"]).contains("35 laws hold"), "seeding again adds to it");
}

#[test]
fn an_operator_is_made_with_a_password_from_standard_input() {
    use std::io::Write;
    use std::process::Stdio;
    let place = Place::new();
    let add = |name: &str, password: &str| {
        let mut command = place.command(&["user", "add", name, "--operator"]);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let made = add("boss", "long enough\n");
    assert!(String::from_utf8(made.stdout).unwrap().contains("boss can log in as operator"));
    assert!(complaint(&add("boss", "long enough\n")).contains("taken"));
    assert!(complaint(&add("other", "short\n")).contains("6 to 128"));
}
