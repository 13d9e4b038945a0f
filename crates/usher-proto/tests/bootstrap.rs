//! The generated code is what `proto/` says: everything is generated anew and compared.
#![expect(
    clippy::unwrap_used,
    reason = "a test: whatever cannot be read fails it"
)]

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The package whose every item is a contract.
const WIRE: &str = "usher.v1";

/// Packages that the wire never shows: they are left out of the reflection descriptor.
const PRIVATE_PREFIX: &str = "usher.storage.";

/// The file of the reflection descriptor; all others are code.
const DESCRIPTOR: &str = "descriptor.bin";

#[test]
fn generated_code_is_fresh() {
    let kept_in = Path::new("src/gen");
    let fresh = generate();
    #[expect(
        clippy::disallowed_methods,
        reason = "the switch of this test, not configuration"
    )]
    let rewrite = std::env::var_os("USHER_REGENERATE").is_some_and(|value| value == "1");
    if rewrite {
        std::fs::create_dir_all(kept_in).unwrap();
        for name in read_folder(kept_in).keys() {
            std::fs::remove_file(kept_in.join(name)).unwrap();
        }
        for (name, bytes) in &fresh {
            std::fs::write(kept_in.join(name), bytes).unwrap();
        }
    }
    let kept = read_folder(kept_in);
    let remedy = "run: USHER_REGENERATE=1 cargo test -p usher-proto";
    assert_eq!(
        kept.keys().collect::<Vec<_>>(),
        fresh.keys().collect::<Vec<_>>(),
        "{remedy}"
    );
    for (name, bytes) in &fresh {
        assert!(kept[name] == *bytes, "src/gen/{name} is stale; {remedy}");
    }
}

#[test]
fn every_item_of_the_contract_is_documented() {
    let mut bare = Vec::new();
    for file in &descriptors().file {
        if file.package() == WIRE {
            bare.extend(undocumented(file));
        }
    }
    assert!(bare.is_empty(), "no comment on: {bare:#?}");
}

fn proto_root() -> PathBuf {
    // From where tests run. A path kept at compile time would be another checkout's, where target folders are shared.
    Path::new("../../proto").canonicalize().unwrap()
}

/// Every `.proto` below `folder`, relative to `root`, in order.
fn proto_files(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            proto_files(root, &path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            found.push(path.strip_prefix(root).unwrap().to_owned());
        }
    }
}

fn descriptors() -> FileDescriptorSet {
    let root = proto_root();
    let mut files = Vec::new();
    proto_files(&root, &root, &mut files);
    let mut compiler = protox::Compiler::new([&root]).unwrap();
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(files)
        .unwrap();
    compiler.file_descriptor_set()
}

/// Every generated file by name.
fn generate() -> BTreeMap<String, Vec<u8>> {
    let descriptors = descriptors();
    let folder = tempfile::tempdir().unwrap();
    let messages: Vec<String> = descriptors
        .file
        .iter()
        .filter(|file| file.package().starts_with("usher."))
        .flat_map(|file| {
            let package = file.package().to_owned();
            file.message_type
                .iter()
                .map(move |message| format!(".{package}.{}", message.name()))
        })
        .collect();
    tonic_prost_build::configure()
        .out_dir(folder.path())
        .skip_debug(messages)
        .compile_fds(descriptors.clone())
        .unwrap();
    let mut files = read_folder(folder.path());
    for file in &descriptors.file {
        if let Some(code) = files.get_mut(&format!("{}.rs", file.package())) {
            code.extend_from_slice(silent_debug(file).as_bytes());
        }
    }
    files.insert(DESCRIPTOR.into(), reflection(descriptors).encode_to_vec());
    files
}

/// A `Debug` for each message and oneof of `file` that prints the type's name and nothing of its value.
fn silent_debug(file: &FileDescriptorProto) -> String {
    let mut code = String::new();
    for message in &file.message_type {
        assert!(
            message.nested_type.is_empty() && message.enum_type.is_empty(),
            "keep the types of {} at the top level of the file",
            message.name()
        );
        write_debug(&mut code, message.name(), message.name());
        for name in oneofs(message) {
            let path = format!("{}::{}", snake(message.name()), camel(name));
            write_debug(&mut code, &path, message.name());
        }
    }
    code
}

/// The oneofs that people wrote; an optional field makes a hidden one.
fn oneofs(message: &DescriptorProto) -> impl Iterator<Item = &str> {
    message
        .oneof_decl
        .iter()
        .enumerate()
        .filter(|(place, _)| {
            message.field.iter().any(|field| {
                field.oneof_index == i32::try_from(*place).ok() && !field.proto3_optional()
            })
        })
        .map(|(_, oneof)| oneof.name())
}

fn write_debug(code: &mut String, path: &str, shown: &str) {
    write!(
        code,
        "impl ::core::fmt::Debug for {path} {{\n    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> \
         ::core::fmt::Result {{\n        f.write_str(\"{shown}(..)\")\n    }}\n}}\n"
    )
    .unwrap();
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| word[..1].to_ascii_uppercase() + &word[1..])
        .collect()
}

/// What reflection may show: no private package, and no comments, which clients have in the files.
fn reflection(mut descriptors: FileDescriptorSet) -> FileDescriptorSet {
    descriptors
        .file
        .retain(|file| !file.package().starts_with(PRIVATE_PREFIX));
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
    descriptors
}

fn read_folder(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// The names of what has no comment before it.
fn undocumented(file: &FileDescriptorProto) -> Vec<String> {
    let mut items: Vec<(String, Vec<usize>)> = Vec::new();
    for (m, message) in file.message_type.iter().enumerate() {
        items.push((message.name().into(), vec![4, m]));
        for (f, field) in message.field.iter().enumerate() {
            items.push((
                format!("{}.{}", message.name(), field.name()),
                vec![4, m, 2, f],
            ));
        }
    }
    for (e, code) in file.enum_type.iter().enumerate() {
        items.push((code.name().into(), vec![5, e]));
        for (v, value) in code.value.iter().enumerate() {
            items.push((value.name().into(), vec![5, e, 2, v]));
        }
    }
    for (s, service) in file.service.iter().enumerate() {
        items.push((service.name().into(), vec![6, s]));
        for (r, rpc) in service.method.iter().enumerate() {
            items.push((
                format!("{}.{}", service.name(), rpc.name()),
                vec![6, s, 2, r],
            ));
        }
    }
    let info = file.source_code_info.as_ref().unwrap();
    let documented = |path: &[usize]| {
        info.location.iter().any(|location| {
            location
                .path
                .iter()
                .map(|&part| usize::try_from(part).unwrap())
                .eq(path.iter().copied())
                && !location.leading_comments().trim().is_empty()
        })
    };
    items
        .into_iter()
        .filter(|(_, path)| !documented(path))
        .map(|(name, _)| format!("{}: {name}", file.name()))
        .collect()
}

#[test]
fn no_message_prints_its_values() {
    for (name, bytes) in generate() {
        if name == DESCRIPTOR {
            continue;
        }
        let code = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = code.lines().map(str::trim).collect();
        let mut types = 0;
        for (place, line) in lines.iter().enumerate() {
            if line.starts_with("#[derive(")
                && (line.contains("Message)") || line.contains("Oneof)"))
            {
                types += 1;
                assert_eq!(
                    lines[place + 1],
                    "#[prost(skip_debug)]",
                    "{name}: {}",
                    lines[place + 2]
                );
            }
        }
        let silent = code.matches("impl ::core::fmt::Debug for").count();
        assert_eq!(silent, types, "{name}: one silent Debug for each");
        assert!(types > 0, "{name} has no messages");
    }
}
