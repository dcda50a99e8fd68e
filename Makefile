# Everything a developer types. The logic is in the program and in ci/.

.PHONY: run test check fmt

run:
	cargo run --release

# Installs what is missing (Debian: a C compiler, Chromium, MariaDB, Redis, RabbitMQ), then runs every test.
test:
	bash ci/test.sh

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

fmt:
	cargo fmt --all
