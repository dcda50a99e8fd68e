# Everything a developer types. The logic is in the program and in ci/.

.PHONY: run test interop fuzz check fmt

run:
	cargo run --release

# Installs what is missing (Debian: a C compiler, Chromium, MariaDB, Redis, RabbitMQ), then runs every test.
test:
	bash ci/test.sh

# Foreign SDKs (Python, JavaScript, Go, Java) against the simulator; installs what is missing and the SDKs themselves.
interop:
	bash ci/interop.sh

# Every reader of the protocol that strangers can write to, some seconds each (SECONDS_EACH=3600 make fuzz: an hour each).
fuzz:
	bash crates/wechatpay/fuzz/run.sh $${SECONDS_EACH:-5}

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy -p changgou --no-default-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

fmt:
	cargo fmt --all
