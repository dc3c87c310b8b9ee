//! The process that the test `kill` kills.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    end2end::victim::run(std::env::args_os().skip(1).map(Into::into)).await
}
