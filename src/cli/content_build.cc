// warder content keygen, build, verify: what a builder of content packs needs. They work without a manager.
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "pack/pack.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxKeyBytes = 4096;
constexpr Column kColumns[] = {{"NAME", "/name"},   {"VERSION", "/version"}, {"FILES", "/files"},
                               {"BYTES", "/bytes"}, {"SIGNER", "/signer"},   {"DIGEST", "/digest"}};

struct KeygenArguments {
  std::string file;
};

struct BuildArguments {
  std::string folder;
  std::string key;
  std::string output;
  pack::PackDefinition definition;
};

struct VerifyArguments {
  std::string file;
  std::string keys;
};

Result<ExitCode> keygen(Session& session, const std::shared_ptr<KeygenArguments>& arguments) {
  const std::string public_file = arguments->file + ".pub";
  for (const std::string& file : {arguments->file, public_file}) {
    if (fs::exists(file)) return fail(ErrorCode::Conflict, file + ": is there already; a key is never overwritten");
  }
  const crypto::SigningKey key = crypto::SigningKey::generate();
  WD_TRY(write_file_atomically(arguments->file, to_base64(key.seed()) + "\n", 0600));
  WD_TRY(write_file_atomically(public_file, to_base64(key.public_key()) + "\n", 0644));
  print_note(session,
             "Keep " + arguments->file + " secret. Put " + public_file + " into the manager's content_keys_directory.");
  return ExitCode::Ok;
}

Result<crypto::SigningKey> read_key(const std::string& file) {
  const std::string text = WD_TRY(read_file(file, kMaxKeyBytes));
  const Bytes seed = WD_TRY(from_base64(trim(text)).in(file));
  return WD_TRY(crypto::SigningKey::from_seed(seed).in(file));
}

json::object describe(const pack::VerifiedPack& pack) {
  return {{"name", pack.manifest.name},
          {"version", pack.manifest.version},
          {"licence", pack.manifest.licence},
          {"minimum_engine", pack.manifest.minimum_engine},
          {"files", pack.manifest.files.size()},
          {"bytes", pack.bytes},
          {"signer", pack.signer},
          {"digest", pack.digest}};
}

Result<ExitCode> build(Session& session, const std::shared_ptr<BuildArguments>& arguments) {
  const crypto::SigningKey key = WD_TRY(read_key(arguments->key));
  auto files = WD_TRY(pack::read_source_folder(arguments->folder));
  const Bytes bytes = WD_TRY(pack::build_pack(arguments->definition, std::move(files), key));
  const pack::VerifiedPack built =
      WD_TRY(pack::verify_pack(bytes, {.keys = {{fs::path(arguments->key).filename().string(), key.public_key()}},
                                       .engine_version = arguments->definition.minimum_engine}));
  const std::string output = arguments->output.empty() ? pack::file_name(built.manifest) : arguments->output;
  WD_TRY(write_file_atomically(output, as_text(bytes), 0644));
  json::object object = describe(built);
  object["file"] = output;
  print_object(session, object, kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> verify(Session& session, const std::shared_ptr<VerifyArguments>& arguments) {
  pack::TrustPolicy trust;
  trust.keys = WD_TRY(pack::load_trusted_keys(arguments->keys));
  if (trust.keys.empty()) return fail(ErrorCode::NotFound, arguments->keys + ": no *.pub file there");
  const std::string bytes = WD_TRY(read_file(arguments->file, pack::kMaxPackBytes));
  print_object(session, describe(WD_TRY(pack::verify_pack(as_bytes(bytes), trust).in(arguments->file))), kColumns);
  return ExitCode::Ok;
}

}  // namespace

void add_content_building(Tree& tree, CLI::App& group) {
  const auto keygen_arguments = std::make_shared<KeygenArguments>();
  add(tree, group, "keygen", "Make a key that signs packs, and beside it FILE.pub", keygen_arguments, keygen)
      .add_option("file", keygen_arguments->file, "Where the secret key goes")
      ->required();

  const auto arguments = std::make_shared<BuildArguments>();
  arguments->definition.minimum_engine = WARDER_VERSION;
  CLI::App& command = add(tree, group, "build", "Make a signed pack of a folder of files", arguments, build);
  command.add_option("folder", arguments->folder, "The files")->required();
  command.add_option("--name", arguments->definition.name, "Name: a-z, 0-9 and '-'")->required();
  command.add_option("--pack-version", arguments->definition.version, "Version, e.g. 1.4.0")->required();
  command.add_option("--licence", arguments->definition.licence, "SPDX expression, e.g. Apache-2.0")->required();
  command.add_option("--minimum-engine", arguments->definition.minimum_engine,
                     "Oldest Warder that understands the content; otherwise this one");
  command.add_option("--key", arguments->key, "The secret key, of keygen")->required();
  command.add_option("--output", arguments->output, "The pack; otherwise NAME-VERSION.wpk");

  const auto verify_arguments = std::make_shared<VerifyArguments>();
  CLI::App& check = add(tree, group, "verify", "Check a pack as a manager does", verify_arguments, verify);
  check.add_option("file", verify_arguments->file, "The pack")->required();
  check.add_option("--keys", verify_arguments->keys, "Folder of the trusted keys, *.pub")->required();
}

}  // namespace warder::cli
