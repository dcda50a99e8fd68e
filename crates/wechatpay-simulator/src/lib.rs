//! A WeChat Pay that runs on localhost.
