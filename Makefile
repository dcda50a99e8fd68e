# Everything a developer types. The logic is in the program and in ci/.

.PHONY: run unit test check fmt interop fuzz

# The demonstration, optimised.
run:
	cargo run --release

# Unit and property tests of all crates, and the tests of the protocol and of its simulator. No servers and no browser;
# seconds, once it is compiled. For the loop of edit and test.
unit:
	cargo test --workspace --exclude seedway --lib --bins
	cargo test -p wechatpay -p wechatpay-simulator

# Everything: `make check`, every test on SQLite with a real browser, then the same tests on MariaDB, Redis and RabbitMQ,
# and three nodes that are killed under load. Minutes. Installs what is missing (Debian: a C compiler, Chromium, MariaDB,
# Redis, RabbitMQ).
test:
	bash ci/test.sh

# Format, lints, documentation, and (if cargo-deny is installed) licences, bans and sources of dependencies.
check:
	bash ci/check.sh

# Formats the source.
fmt:
	cargo fmt --all

# Foreign SDKs (Python, JavaScript, Go, Java) against the simulator; installs what is missing and the SDKs themselves.
interop:
	bash ci/interop.sh

# Every reader of the protocol that strangers can write to, some seconds each (SECONDS_EACH=3600 make fuzz: an hour each).
fuzz:
	bash crates/wechatpay/fuzz/run.sh $${SECONDS_EACH:-5}
