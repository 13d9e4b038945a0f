//! The console: pages for officers, desks, operators, managers and inspectors, served by the broker itself. Server-rendered; whatever a
//! script makes prompt, a reload makes too. It uses the broker as any client does: no rule, no store, no message of the wire.

mod assets;
