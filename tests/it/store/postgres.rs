//! PostgreSQL beyond the contract: several brokers over one database, lost answers, roles, TLS, plans.

mod brokers;
mod damage;
mod failover;
mod outcome;
mod plans;
mod roles;
mod tls;
