//! Readies what browsers get: takes govuk-frontend and the ministry's frontend from npm, by `web/package-lock.json`, and
//! writes the table that `src/console/assets.rs` includes. Without npm our own stylesheet stands in, so that a build
//! never fails for it.
//!
//! `USHER_ASSETS` is `auto` (the default), `require` (no npm is an error), `builtin` (npm is not asked), or the path of a
//! prepared `node_modules`.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Ours, in place of a font that only services on gov.uk may use.
const FONT: &str = "\"Helvetica Neue\",helvetica,arial,sans-serif";
const FONT_NOT_OURS: &str = "GDS Transport";
/// Where stylesheets of others look for pictures.
const IMAGES: &str = "/assets/images/";

/// One file as it is served.
pub(crate) struct Asset {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Asset {
    fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Where it is served: the hash (FNV-1a) changes with the content, so that browsers may keep it for ever.
    pub(crate) fn path(&self) -> String {
        let hash = self
            .text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        format!("/assets/{hash:016x}/{}", self.name)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a build is configured by its environment"
)]
fn main() -> Outcome<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=web");
    println!("cargo::rerun-if-env-changed=USHER_ASSETS");
    let web = Path::new("web");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let modules = match env::var("USHER_ASSETS").as_deref() {
        Ok("builtin") => None,
        Ok("require") => Some(install(web, &out)?),
        Ok("" | "auto") | Err(_) => install(web, &out).map_or_else(without, Some),
        Ok(path) => Some(PathBuf::from(path)),
    };
    let assets = gather(web, modules.as_deref())?;
    write(&assets, modules.is_some(), &out)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "takes what `map_or_else` gives"
)]
fn without(error: Box<dyn Error>) -> Option<PathBuf> {
    println!("cargo::warning=the console has a plain look: {error}");
    println!(
        "cargo::warning=for the GOV.UK look install Node.js 20 or newer, then: touch build.rs"
    );
    None
}

/// Installs the locked packages below `out`, and says where they are.
fn install(web: &Path, out: &Path) -> Outcome<PathBuf> {
    let modules = out.join("node_modules");
    let names = ["package.json", "package-lock.json"];
    let is_there = |name| fs::read(web.join(name)).ok() == fs::read(out.join(name)).ok();
    // npm writes this file when it is done.
    if names.iter().all(is_there) && modules.join(".package-lock.json").exists() {
        return Ok(modules);
    }
    for name in names {
        fs::copy(web.join(name), out.join(name))?;
    }
    let done = Command::new("npm")
        .current_dir(out)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .args(["--omit=dev", "--omit=peer", "--prefer-offline"])
        .args(["--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"])
        .output()
        .map_err(|error| format!("npm does not start ({error})"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let fault = said.lines().find(|line| line.starts_with("npm error"));
        return Err(format!("npm ci failed ({})", fault.unwrap_or("it does not say why")).into());
    }
    Ok(modules)
}

/// All that is served, a file before those that name it.
pub(crate) fn gather(web: &Path, modules: Option<&Path>) -> Outcome<Vec<Asset>> {
    let mut assets = vec![Asset::new("favicon.svg", &read(&web.join("favicon.svg"))?)];
    if let Some(modules) = modules {
        let moj = modules.join("@ministryofjustice/frontend/moj");
        for folder in [&modules.join("govuk-frontend/dist/govuk"), &moj] {
            theirs(folder, &moj.join("assets/images"), &mut assets)?;
        }
    }
    let ours: &[_] = match modules {
        Some(_) => &["app.css", "app.js", "components.js"],
        None => &["fallback.css", "app.css", "app.js"],
    };
    for name in ours {
        let text = linked(&read(&web.join(name))?, &assets);
        assets.push(Asset::new(name, &text));
    }
    Ok(assets)
}

/// Adds the stylesheet and the script of one package, and the pictures that the stylesheet names.
fn theirs(folder: &Path, images: &Path, assets: &mut Vec<Asset>) -> Outcome<()> {
    let found = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found: Vec<_> = found.collect::<Result<_, _>>()?;
    found.retain(|entry| entry.file_name().to_string_lossy().contains(".min."));
    found.sort_by_key(fs::DirEntry::file_name);
    for entry in found {
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = match Path::new(&name).extension().and_then(OsStr::to_str) {
            Some("css") => plain(&read(&entry.path())?)?,
            Some("js") => read(&entry.path())?,
            _ => continue,
        };
        for picture in text
            .split(IMAGES)
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if assets.iter().all(|asset| asset.name != picture) {
                assets.push(Asset::new(picture, &read(&images.join(picture))?));
            }
        }
        let text = text.split("//# sourceMappingURL").next().unwrap_or(&text);
        assets.push(Asset::new(&name, &linked(text, assets)));
    }
    Ok(())
}

/// A stylesheet without what only services on gov.uk may use: the font, and the crest.
fn plain(css: &str) -> Outcome<String> {
    let mut css = css
        .replace("url(/assets/images/govuk-crest.svg)", "none")
        .replace(&format!("\"{FONT_NOT_OURS}\",arial,sans-serif"), FONT)
        .replace(&format!("{FONT_NOT_OURS},arial,sans-serif"), FONT);
    while let Some(start) = css.find("@font-face") {
        let length = css[start..].find('}').ok_or("an @font-face has no end")?;
        css.replace_range(start..=start + length, "");
    }
    if let Some(map) = css.find("/*# sourceMappingURL") {
        css.truncate(map);
    }
    if css.contains(FONT_NOT_OURS) || css.contains("/assets/fonts") {
        return Err("a stylesheet still names a font that is not ours".into());
    }
    Ok(css)
}

/// The text with every file that it names where that file is served.
fn linked(text: &str, assets: &[Asset]) -> String {
    assets.iter().fold(text.to_owned(), |text, asset| {
        text.replace(&format!("{IMAGES}{}", asset.name), &asset.path())
            .replace(&format!("./{}", asset.name), &asset.path())
    })
}

/// Writes the files and the table of them.
fn write(assets: &[Asset], is_govuk: bool, out: &Path) -> Outcome<()> {
    let folder = out.join("assets");
    fs::create_dir_all(&folder)?;
    let kind = if is_govuk {
        "govuk-frontend"
    } else {
        "builtin"
    };
    let mut table = format!("#[cfg(test)]\npub(super) const KIND: &str = {kind:?};\n");
    let listed = |ends: &[&str]| -> Vec<String> {
        let named = assets
            .iter()
            .filter(|asset| ends.iter().any(|end| asset.name.ends_with(end)));
        named.map(Asset::path).collect()
    };
    writeln!(table, "const STYLES: &[&str] = &{:?};", listed(&[".css"]))?;
    writeln!(
        table,
        "const SCRIPTS: &[&str] = &{:?};",
        listed(&["app.js", "components.js"])
    )?;
    writeln!(
        table,
        "const ICON: &str = {:?};",
        listed(&["favicon.svg"]).concat()
    )?;
    writeln!(table, "static FILES: &[File] = &[")?;
    for asset in assets {
        let (name, path) = (&asset.name, asset.path());
        fs::write(folder.join(name), &asset.text)?;
        let bytes = format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/assets/{name}\"))");
        writeln!(table, "    File {{ path: {path:?}, bytes: {bytes} }},")?;
    }
    writeln!(table, "];")?;
    Ok(fs::write(out.join("assets.rs"), table)?)
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
