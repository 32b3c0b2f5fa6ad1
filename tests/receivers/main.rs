//! Receivers that are existing servers, run with the configuration files in this folder; and the
//! published JSON Schemas.
//!
//! DuckDB and chdb come from the virtual environment that `DOCGLOW_RECEIVERS_VENV` names.

mod accidents;
mod bodies;
mod caddy;
mod clickhouse;
#[path = "../common/mod.rs"]
mod common;
mod duckdb;
mod nginx;
mod postgres;
mod production;
mod promises;
mod questions;
mod readme;
mod report;
mod roll_up;
mod schemas;
mod sender;
mod service;
mod site;
mod traces;

fn main() -> std::process::ExitCode {
    let parts = [
        schemas::trials(),
        nginx::trials(),
        caddy::trials(),
        postgres::trials(),
        clickhouse::trials(),
        production::trials(),
        questions::trials(),
        report::trials(),
        roll_up::trials(),
    ];
    common::conclude(parts.into_iter().flatten().collect())
}
