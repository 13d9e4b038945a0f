//! The responder files of London, compiled in so that the demo needs no folder.

macro_rules! files {
    ($($id:literal)*) => {
        &[$((concat!("config/responders/", $id, ".toml"), include_str!(concat!("../../../config/responders/", $id, ".toml")))),*]
    };
}

/// Name and text of each file.
pub(super) const FILES: &[(&str, &str)] = files![
    "barking-and-dagenham"
    "barnet"
    "bexley"
    "brent"
    "bromley"
    "camden"
    "city-of-london"
    "croydon"
    "ealing"
    "enfield"
    "greenwich"
    "hackney"
    "hammersmith-and-fulham"
    "haringey"
    "harrow"
    "havering"
    "hillingdon"
    "hounslow"
    "islington"
    "kensington-and-chelsea"
    "kingston-upon-thames"
    "lambeth"
    "lewisham"
    "merton"
    "newham"
    "redbridge"
    "richmond-upon-thames"
    "southwark"
    "sutton"
    "tower-hamlets"
    "waltham-forest"
    "wandsworth"
    "westminster"
];
