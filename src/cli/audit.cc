// warder audit
#include <fstream>

#include "base/file.h"
#include "cli/audit_export.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"INDEX", "/index"},   {"TIME", "/time"},     {"ACTOR", "/actor"},
                            {"ACTION", "/action"}, {"OBJECT", "/object"}, {"OUTCOME", "/outcome"}};
constexpr Column kVerification[] = {{"Intact", "/intact"},
                                    {"Entries", "/entries"},
                                    {"Checkpoints", "/checkpoints"},
                                    {"Root hash", "/root"},
                                    {"First bad entry", "/first_bad_index"},
                                    {"Detail", "/detail"}};
constexpr Column kOffline[] = {{"Intact", "/intact"},
                               {"Entries", "/entries"},
                               {"Checkpoints", "/checkpoints"},
                               {"Root hash", "/root"},
                               {"Key", "/key"},
                               {"Key known beforehand", "/key_pinned"},
                               {"First bad entry", "/first_bad_index"},
                               {"Detail", "/detail"}};
constexpr Column kProof[] = {{"Included", "/included"}, {"Entry", "/index"},   {"Entries", "/size"},
                             {"Root hash", "/root"},    {"Detail", "/detail"}, {"What is proved", "/leaf"}};
constexpr Column kWitnesses[] = {
    {"AGENT", "/agent"}, {"ENTRIES", "/size"}, {"COSIGNED", "/time"}, {"VERIFIED", "/verified"}, {"KEY", "/key"}};
constexpr std::size_t kMaxPinBytes = 64 << 10;

struct Arguments {
  std::string action;
  std::size_t limit = 100;
  std::string file;
  std::string key;
  std::string checkpoint_file;
  std::int64_t index = 0;
  bool is_new = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<ExitCode> list(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/audit", {{"action", arguments->action}}, arguments->limit)), kList);
  return ExitCode::Ok;
}

Result<AuditPins> read_pins(const Arguments& arguments) {
  AuditPins pins;
  if (!arguments.key.empty()) pins.key = WD_TRY(crypto::NoteKey::parse(arguments.key).in("--key"));
  if (!arguments.checkpoint_file.empty())
    pins.checkpoint = WD_TRY(read_file(arguments.checkpoint_file, kMaxPinBytes).in("--checkpoint"));
  return pins;
}

Result<ExitCode> verify_file(Session& session, const Arguments& arguments) {
  const AuditPins pins = WD_TRY(read_pins(arguments));
  std::ifstream file;
  if (arguments.file != "-") file.open(arguments.file, std::ios::binary);
  if (arguments.file != "-" && !file) return fail(ErrorCode::NotFound, arguments.file + ": cannot be opened");
  const AuditExportCheck check =
      WD_TRY(check_audit_export(arguments.file == "-" ? session.environment().in : file, pins));
  print_object(session,
               json::object{{"intact", check.intact},
                            {"entries", check.entries},
                            {"checkpoints", check.checkpoints},
                            {"root", to_hex(check.root)},
                            {"key", check.key ? json::value(check.key->text()) : json::value(nullptr)},
                            {"key_pinned", check.is_key_pinned},
                            {"first_bad_index",
                             check.first_bad_index ? json::value(*check.first_bad_index) : json::value(nullptr)},
                            {"detail", check.detail}},
               kOffline);
  if (!check.is_key_pinned)
    print_note(session, "The key is the file's own: give the one you know with --key to find out who signed it.");
  return check.intact ? ExitCode::Ok : ExitCode::Findings;
}

Result<ExitCode> verify(Session& session, const Shared& arguments) {
  if (!arguments->file.empty()) return verify_file(session, *arguments);
  if (!arguments->key.empty() || !arguments->checkpoint_file.empty())
    return fail(ErrorCode::Invalid, "--key and --checkpoint go with the file of an export");
  client::Client* const client = WD_TRY(session.client());
  const json::value verification = WD_TRY(client->get("/audit/verification"));
  if (!verification.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a verification");
  print_object(session, verification, kVerification);
  return WD_TRY(get_bool(verification.get_object(), "intact")) ? ExitCode::Ok : ExitCode::Findings;
}

Result<ExitCode> export_log(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  std::ostream& out = session.environment().out;
  WD_TRY(client->stream("/audit/export", {}, [&](std::string_view bytes) {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return static_cast<bool>(out);
  }));
  if (!out.flush()) return fail(ErrorCode::Unavailable, "writing the export failed");
  return ExitCode::Ok;
}

Result<ExitCode> checkpoint(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::value answer = WD_TRY(client->get("/audit/checkpoint", {{"fresh", arguments->is_new ? "true" : ""}}));
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a checkpoint");
  if (session.is_json()) {
    print_object(session, answer);
  } else {
    // As it is, so that it can be kept in a file and given to `verify --checkpoint`.
    session.environment().out << WD_TRY(get_string(answer.get_object(), "note"));
  }
  return ExitCode::Ok;
}

Result<ExitCode> key(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  constexpr Column kColumns[] = {{"Key", "/key"}, {"Fingerprint", "/fingerprint"}};
  print_object(session, WD_TRY(client->get("/audit/key")), kColumns);
  return ExitCode::Ok;
}

/// Fetched, and each cosignature checked here.
Result<ExitCode> witnesses(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::array shown = WD_TRY(client->list("/audit/witnesses", {}, arguments->limit));
  bool are_right = true;
  for (json::value& item : shown) {
    json::object& witness = item.as_object();
    const auto key = WD_TRY(crypto::WitnessKey::parse(WD_TRY(get_string(witness, "key"))));
    const bool is_right = crypto::open_cosignature(WD_TRY(get_string(witness, "note")), key).has_value();
    witness["verified"] = is_right;
    are_right = are_right && is_right;
  }
  print_list(session, shown, kWitnesses);
  return are_right ? ExitCode::Ok : ExitCode::Findings;
}

Result<std::vector<crypto::Digest>> read_hashes(const json::object& proof) {
  std::vector<crypto::Digest> hashes;
  for (const json::value& item : *WD_TRY(get_array(proof, "hashes"))) {
    const json::string* const text = item.if_string();
    const Bytes bytes = WD_TRY(from_hex(text == nullptr ? "" : std::string_view{*text}));
    if (bytes.size() != std::tuple_size_v<crypto::Digest>) return fail(ErrorCode::Corrupt, "a hash of another length");
    std::copy(bytes.begin(), bytes.end(), hashes.emplace_back().begin());
  }
  return hashes;
}

/// Fetched, and then believed as little as a file would be.
Result<ExitCode> prove(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::value answer =
      WD_TRY(client->get("/audit/proofs/inclusion", {{"index", std::to_string(arguments->index)}}));
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a proof");
  const json::object& proof = answer.get_object();
  const json::object& signed_by = *WD_TRY(get_object(proof, "checkpoint"));
  const AuditPins pins = WD_TRY(read_pins(*arguments));
  const crypto::NoteKey signer =
      pins.key ? *pins.key : WD_TRY(crypto::NoteKey::parse(WD_TRY(get_string(signed_by, "key"))));
  const auto opened = crypto::open_checkpoint(WD_TRY(get_string(signed_by, "note")), signer);
  const std::string_view leaf = WD_TRY(get_string(proof, "leaf"));
  const auto hashes = WD_TRY(read_hashes(proof));
  const bool is_there =
      opened && crypto::is_included(static_cast<std::uint64_t>(arguments->index) - 1,
                                    crypto::merkle_leaf(as_bytes(leaf)), opened->head.size, opened->head.root, hashes);
  const std::string detail = !opened ? opened.error().message : is_there ? "" : "the proof is wrong";
  print_object(session,
               json::object{{"included", is_there},
                            {"index", arguments->index},
                            {"size", opened ? json::value(opened->head.size) : json::value(nullptr)},
                            {"root", opened ? json::value(to_hex(opened->head.root)) : json::value(nullptr)},
                            {"leaf", leaf},
                            {"detail", detail}},
               kProof);
  return is_there ? ExitCode::Ok : ExitCode::Findings;
}

}  // namespace

void add_audit(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "audit", "What administrators did");
  CLI::App& lists = add(tree, group, "list", "List entries, newest first", arguments, list);
  lists.add_option("--action", arguments->action, "Only this action");
  lists.add_option("--limit", arguments->limit, "At most this many");
  CLI::App& verifies =
      add(tree, group, "verify",
          "Recompute the log on the manager, or check an export without it; exit code 3 when it is broken", arguments,
          verify);
  verifies.add_option("file", arguments->file, "An export, checked here; - is standard input");
  verifies.add_option("--key", arguments->key, "The key that you know, as \"warder audit key\" shows it");
  verifies.add_option("--checkpoint", arguments->checkpoint_file,
                      "File with a checkpoint that you kept: the export must go on from there");
  add(tree, group, "export", "Write every entry and checkpoint, to be verified elsewhere", arguments, export_log);
  CLI::App& checkpoints = add(tree, group, "checkpoint", "Print the latest signed checkpoint", arguments, checkpoint);
  checkpoints.add_flag("--new", arguments->is_new, "Sign the log as it is now");
  CLI::App& seen =
      add(tree, group, "witnesses", "List what each agent has cosigned last; exit code 3 when a cosignature is wrong",
          arguments, witnesses);
  seen.add_option("--limit", arguments->limit, "At most this many");
  add(tree, group, "key", "Show the public key that checkpoints are signed with", arguments, key);
  CLI::App& proofs = add(tree, group, "proof", "Prove that an entry is in the signed log; exit code 3 when it is not",
                         arguments, prove);
  proofs.add_option("index", arguments->index, "Of the entry")->required()->check(CLI::PositiveNumber);
  proofs.add_option("--key", arguments->key, "The key that you know");
}

}  // namespace warder::cli
