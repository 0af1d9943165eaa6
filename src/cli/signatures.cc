// warder signatures: compiling lists of indicators, seeing what a folder of signatures holds, and the manager's files
// of signatures for agents.
#include <algorithm>
#include <boost/json.hpp>
#include <ostream>

#include "base/file.h"
#include "base/json.h"
#include "base/uri.h"
#include "cli/commands.h"
#include "cli/scan.h"
#include "crypto/hash.h"
#include "pack/file_set.h"
#include "scanner/client.h"
#include "scanner/indicators.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;

struct SignatureArguments {
  std::vector<std::string> lists;
  std::string output;
  std::string folder;
  std::vector<std::string> files;
  std::string name;
  bool is_published = false;
};
using Arguments = std::shared_ptr<SignatureArguments>;

Result<ExitCode> compile(Session& session, const Arguments& arguments) {
  antimalware::HashIndexBuilder builder;
  json::array rows;
  for (const std::string& each : arguments->lists) {
    const auto report = WD_TRY(scanner::add_list(each, builder));
    rows.push_back(json::object{{"list", json::string(each)},
                                {"added", report.added},
                                {"left_out", report.ignored},
                                {"first_left_out_line", report.first_ignored}});
  }
  if (builder.count() == 0) return fail(ErrorCode::Invalid, "no digest in any of the lists");
  const Bytes index = WD_TRY(builder.finish());
  WD_TRY(write_file_atomically(arguments->output, as_text(index), 0644));
  constexpr std::array kColumns = {Column{"LIST", "/list"}, Column{"ADDED", "/added"}, Column{"LEFT OUT", "/left_out"},
                                   Column{"FIRST LINE LEFT OUT", "/first_left_out_line"}};
  print_list(session, rows, kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> check(Session& session, const Arguments& arguments) {
  const auto indicators = scanner::Indicators::load(arguments->folder);
  scanner::ScannerOptions options;
  options.program = WD_TRY(scanner::find_scanner());
  options.signatures = fs::absolute(arguments->folder);
  const auto scanner = WD_TRY(scanner::Scanner::start(options));
  json::array warnings;
  for (const auto* each : {&indicators.warnings(), &scanner->info().warnings})
    for (const std::string& text : *each) warnings.push_back(json::string(text));
  const bool is_whole = warnings.empty();
  print_object(session, json::object{{"clamav_signatures", scanner->info().signatures},
                                     {"yara_rules", scanner->info().rules},
                                     {"indicators", indicators.count()},
                                     {"engines", json::string(scanner->info().version)},
                                     {"left_out", std::move(warnings)}});
  return is_whole ? ExitCode::Ok : ExitCode::Failed;
}

// As a line of a list of indicators begins.
Result<ExitCode> hash(Session& session, const Arguments& arguments) {
  for (const std::string& each : arguments->files) {
    antimalware::TlshHash similarity;
    crypto::Sha256 sha256;
    const std::string content = WD_TRY(read_file(each, pack::kMaxSetBytes));
    similarity.update(as_bytes(content));
    sha256.update(as_bytes(content));
    const auto tlsh = similarity.finish();
    session.environment().out << (tlsh ? antimalware::print_tlsh(*tlsh) : "-") << ' ' << to_hex(sha256.finish()) << "  "
                              << each << '\n';
  }
  return ExitCode::Ok;
}

constexpr Column kFileColumns[] = {{"NAME", "/name"},       {"BYTES", "/bytes"},       {"MADE", "/made"},
                                   {"VERSION", "/version"}, {"IMPORTED", "/imported"}, {"SOURCE", "/source"}};

// In pieces, so that one request of a large file is not too large.
Result<std::vector<std::string>> find_missing(client::Client& client, const pack::SetFile& file) {
  constexpr std::size_t kAtOnce = 5000;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < file.chunks.size(); i += kAtOnce) {
    json::array digests;
    for (std::size_t j = i; j < std::min(i + kAtOnce, file.chunks.size()); ++j)
      digests.emplace_back(file.chunks[j].digest);
    const json::value answer =
        WD_TRY(client.send("POST", "/signatures/missing", json::object{{"digests", std::move(digests)}}));
    if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the manager's answer is no object");
    for (const json::value& each : *WD_TRY(get_array(answer.get_object(), "missing")))
      if (each.is_string()) missing.emplace_back(each.get_string());
  }
  return missing;
}

Result<json::value> send_file(client::Client& client, const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  const auto ignore = [](const pack::Chunk&, ByteView) -> Result<void> { return {}; };
  const auto file = WD_TRY(pack::cut_file(path, name, pack::kMaxSetBytes, ignore));
  const auto missing = WD_TRY(find_missing(client, file).in(name));
  const auto send = [&](const pack::Chunk& chunk, ByteView bytes) -> Result<void> {
    if (std::find(missing.begin(), missing.end(), chunk.digest) != missing.end())
      WD_TRY(client.upload("/signatures/chunks", std::string(as_text(bytes))));
    return {};
  };
  WD_TRY(pack::cut_file(path, name, pack::kMaxSetBytes, send));
  json::array chunks;
  for (const pack::Chunk& chunk : file.chunks)
    chunks.push_back(json::object{{"digest", chunk.digest}, {"bytes", chunk.bytes}});
  const json::object body{{"bytes", file.bytes}, {"sha256", file.sha256}, {"chunks", std::move(chunks)}};
  return client.send("PUT", "/signatures/files/" + percent_encode(name), body);
}

Result<ExitCode> publish(Session& session, const Arguments& /*arguments*/) {
  client::Client* const client = WD_TRY(session.client());
  constexpr std::array kColumns = {Column{"NAME", "/name"}, Column{"VERSION", "/version"}, Column{"DIGEST", "/digest"}};
  print_object(session, WD_TRY(client->send("POST", "/signatures/publish", nullptr)), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> import_files(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::array rows;
  for (const std::string& each : arguments->files) rows.push_back(WD_TRY(send_file(*client, each).in(each)));
  print_list(session, rows, kFileColumns);
  if (arguments->is_published) {
    WD_TRY(client->send("POST", "/signatures/publish", nullptr));
  } else {
    print_note(session, "Agents get them with: warder signatures publish");
  }
  return ExitCode::Ok;
}

Result<ExitCode> list(Session& session, const Arguments& /*arguments*/) {
  client::Client* const client = WD_TRY(session.client());
  const json::value all = WD_TRY(client->get("/signatures"));
  if (session.is_json()) {
    print_object(session, all, {});
    return ExitCode::Ok;
  }
  print_list(session, *WD_TRY(get_array(all.as_object(), "files")), kFileColumns);
  const json::value* const published = find(all.as_object(), "published");
  const json::value* const mirror = find(all.as_object(), "mirror");
  print_note(session, published == nullptr || published->is_null()
                          ? "Nothing is published."
                          : "Published: made " + std::string(get_string(published->as_object(), "made").value_or("?")));
  if (mirror != nullptr && mirror->is_object())
    print_note(session, "Mirror: " + std::string(get_string(mirror->as_object(), "url").value_or("?")) + ": " +
                            std::string(get_string(mirror->as_object(), "error").value_or("no error")));
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(client->send("DELETE", "/signatures/files/" + percent_encode(arguments->name), nullptr));
  return ExitCode::Ok;
}

Result<ExitCode> fetch(Session& session, const Arguments& /*arguments*/) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(client->send("POST", "/signatures/fetch", nullptr));
  return ExitCode::Ok;
}

}  // namespace

void add_signatures(Tree& tree) {
  CLI::App& group =
      add_group(tree, "signatures", "Signatures of malware: lists of hashes, checks, and the manager's for its agents");
  const auto arguments = std::make_shared<SignatureArguments>();
  CLI::App& index = add(tree, group, "compile", "Make an index of lists of hashes, which is used without loading",
                        arguments, compile);
  index.add_option("lists", arguments->lists, "Text, CSV, output of sha256sum, or STIX 2.1 (.stix, .json)")->required();
  index.add_option("--output", arguments->output, "The index; put it into a folder of signatures as NAME.whx")
      ->required();
  CLI::App& whole = add(tree, group, "check", "What a folder of signatures holds; exit 1 when something was left out",
                        arguments, check);
  whole.add_option("folder", arguments->folder, "The folder")->required();
  add(tree, group, "hash", "Print TLSH ('-' for files too small or uniform) and SHA-256 of files", arguments, hash)
      .add_option("files", arguments->files, "Files")
      ->required();
  add(tree, group, "list", "Files of signatures at the manager, what is published, and the mirror", arguments, list);
  CLI::App& incoming =
      add(tree, group, "import", "Send files to the manager; only what it lacks travels", arguments, import_files);
  incoming.add_option("files", arguments->files, "Databases of ClamAV, YARA rules, indexes and lists of hashes")
      ->required();
  incoming.add_flag("--publish", arguments->is_published, "Hand them to agents at once");
  add(tree, group, "publish", "Hand the manager's files to agents", arguments, publish);
  add(tree, group, "remove", "Remove a file from the manager's; agents keep it until the next publish", arguments,
      remove)
      .add_option("name", arguments->name, "Its name")
      ->required();
  add(tree, group, "fetch", "Let the manager look for newer files at its mirror now", arguments, fetch);
}

}  // namespace warder::cli
