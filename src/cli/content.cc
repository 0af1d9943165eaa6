// warder content
#include "base/file.h"
#include "base/uri.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr std::size_t kMaxPackBytes = 256 << 20;
constexpr Column kColumns[] = {{"NAME", "/name"},    {"VERSION", "/version"}, {"ACTIVE", "/active"},
                               {"BYTES", "/bytes"},  {"SIGNER", "/signer"},   {"IMPORTED", "/imported"},
                               {"DIGEST", "/digest"}};

struct Arguments {
  std::string file;
  std::string digest;
};
using Shared = std::shared_ptr<Arguments>;

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/content")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> import_pack(Session& session, const Shared& arguments) {
  std::string bytes = WD_TRY(read_file(arguments->file, kMaxPackBytes));
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->upload("/content", std::move(bytes))), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> activate(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/content/" + percent_encode(arguments->digest) + "/activate";
  print_object(session, WD_TRY(client->send("POST", path, nullptr)), kColumns);
  return ExitCode::Ok;
}

}  // namespace

void add_content(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "content", "Signed packs of rules and signatures");
  add(tree, group, "list", "List packs", arguments, list);
  add(tree, group, "import", "Import a signed pack; refused whole when bad", arguments, import_pack)
      .add_option("file", arguments->file, "The pack")
      ->required();
  add(tree, group, "activate", "Make a pack the active one of its name; also how to roll back", arguments, activate)
      .add_option("digest", arguments->digest, "SHA-256 of the pack, as list shows it")
      ->required();
  add_content_building(tree, group);
  add_content_testing(tree, group);
}

}  // namespace warder::cli
