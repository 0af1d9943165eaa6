// warder trust
#include <algorithm>
#include <ostream>

#include "base/file.h"
#include "cli/commands.h"
#include "formats/trust_status.h"

namespace warder::cli {
namespace {

constexpr Column kCommitments[] = {{"ID", "/id"},           {"SECTION", "/section"}, {"STATE", "/state"},
                                   {"REASON", "/reason"},   {"CHECKED", "/checked"}, {"OWNER", "/owner"},
                                   {"SENTENCE", "/text/en"}};
constexpr Column kChecks[] = {
    {"ID", "/id"}, {"VERDICT", "/result/verdict"}, {"TIME", "/result/time"}, {"DETAIL", "/result/detail"}};
constexpr Column kEvidence[] = {
    {"ID", "/id"},         {"COMMITMENT", "/commitment"}, {"TITLE", "/title"},      {"OWNER", "/owner"},
    {"ISSUED", "/issued"}, {"EXPIRES", "/expires"},       {"REVIEWER", "/reviewer"}};
constexpr Column kOneEvidence[] = {{"ID", "/id"},
                                   {"COMMITMENT", "/commitment"},
                                   {"TITLE", "/title"},
                                   {"STANDARD", "/standard"},
                                   {"ISSUED", "/issued"},
                                   {"EXPIRES", "/expires"},
                                   {"OWNER", "/owner"},
                                   {"DEPUTY", "/deputy"},
                                   {"FILED BY", "/filed_by"},
                                   {"FILED", "/filed"},
                                   {"REVIEWER", "/reviewer"},
                                   {"REVIEWED", "/reviewed"},
                                   {"PUBLIC", "/public"},
                                   {"ON REQUEST", "/on_request"},
                                   {"SHA-256", "/sha256"}};
constexpr Column kVerified[] = {
    {"ID", "/id"}, {"SAYS", "/claimed"}, {"SHOWS", "/shown"}, {"WHY", "/why"}, {"SENTENCE", "/text"}};
constexpr std::size_t kMaxDocumentBytes = 700 << 10;

struct TrustArguments {
  std::string id;
  std::string title;
  std::string standard;
  std::string issued;
  std::string expires;
  std::string owner;
  std::string deputy;
  std::string file;
  std::string source;
  std::string key;
  std::vector<std::string> witnesses;
  bool is_public = false;
  bool is_on_request = false;
  bool is_sure = false;
};
using Arguments = std::shared_ptr<TrustArguments>;

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/trust/commitments")), kCommitments);
  return ExitCode::Ok;
}

Result<ExitCode> list_checks(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/trust/checks")), kChecks);
  return ExitCode::Ok;
}

Result<ExitCode> run_checks(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(client->send("POST", "/trust/runs", nullptr));
  print_note(session, "Every check is carried out now.");
  return ExitCode::Ok;
}

Result<ExitCode> show_oscal(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::value document = WD_TRY(client->get("/trust/oscal/" + arguments->id));
  session.environment().out << json::serialize(document) << "\n";
  return ExitCode::Ok;
}

Result<ExitCode> show_own(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  session.environment().out << json::serialize(WD_TRY(client->get("/assurance"))) << "\n";
  return ExitCode::Ok;
}

constexpr Column kMeasures[] = {{"ART. 32(1)", "/letter"}, {"ID", "/id"},           {"STATE", "/state"},
                                {"REASON", "/reason"},     {"CHECKED", "/checked"}, {"SENTENCE", "/text/en"}};

Result<ExitCode> show_measures(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  const json::value list = WD_TRY(client->get("/assurance/measures"));
  json::array rows;
  for (const json::value& group : list.at("groups").as_array()) {
    for (const json::value& measure : group.at("measures").as_array()) {
      rows.push_back(measure);
      rows.back().as_object()["letter"] = group.at("letter");
    }
  }
  print_list(session, rows, kMeasures);
  return ExitCode::Ok;
}

Result<ExitCode> list_evidence(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/trust/evidence")), kEvidence);
  return ExitCode::Ok;
}

Result<ExitCode> file_evidence(Session& session, const Arguments& arguments) {
  json::object body{{"commitment", json::string(arguments->id)},     {"title", json::string(arguments->title)},
                    {"standard", json::string(arguments->standard)}, {"issued", json::string(arguments->issued)},
                    {"expires", json::string(arguments->expires)},   {"owner", json::string(arguments->owner)},
                    {"deputy", json::string(arguments->deputy)}};
  if (!arguments->file.empty())
    body["attachment"] = to_base64(as_bytes(WD_TRY(read_file(arguments->file, kMaxDocumentBytes))));
  if (arguments->is_public) body["public"] = true;
  if (arguments->is_on_request) body["on_request"] = true;
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", "/trust/evidence", body)), kOneEvidence);
  return ExitCode::Ok;
}

Result<ExitCode> review_evidence(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", "/trust/evidence/" + arguments->id + "/review", nullptr)),
               kOneEvidence);
  return ExitCode::Ok;
}

Result<ExitCode> remove_evidence(Session& session, const Arguments& arguments) {
  return remove_object(session, "/trust/evidence/" + arguments->id, arguments->is_sure,
                       "Remove this record of evidence?", "Evidence removed.");
}

/// Of a file, or of "https://host/trust/v1/status.json".
Result<std::string> read_status(Session& session, const std::string& source) {
  constexpr std::string_view kScheme = "https://";
  if (!source.starts_with(kScheme)) return read_file(source, formats::kMaxStatusBytes);
  const std::size_t slash = source.find('/', kScheme.size());
  client::HttpsOptions options;
  options.base_url = source.substr(0, slash);
  options.ca_file = session.options().ca_file;
  if (const auto ca = session.environment().variable("WARDER_CA_FILE"); ca && options.ca_file.empty())
    options.ca_file = *ca;
  const auto transport = WD_TRY(session.environment().connect(std::move(options)));
  client::Request request;
  request.target = slash == std::string::npos ? "/trust/v1/status.json" : source.substr(slash);
  auto answer = WD_TRY(transport->perform(request));
  if (answer.status != 200) return fail(ErrorCode::Unavailable, source + " gives " + std::to_string(answer.status));
  return std::move(answer.body);
}

/// Whether all that are expected have cosigned.
bool tell_witnesses(Session& session, const formats::TrustReport& report,
                    const std::vector<crypto::WitnessKey>& expected) {
  for (const formats::TrustWitness& witness : report.witnesses)
    print_note(session, "Cosigned at " + to_rfc3339(witness.time) + " by " + witness.key.text() + ".");
  for (const std::string& why : report.false_witness) print_note(session, "A witness is not right: " + why + ".");
  bool are_all_there = true;
  for (const crypto::WitnessKey& key : expected) {
    const bool is_there =
        std::ranges::find(report.witnesses, key, &formats::TrustWitness::key) != report.witnesses.end();
    if (!is_there) print_note(session, "Not cosigned by " + key.name + " with the key that is expected.");
    are_all_there = are_all_there && is_there;
  }
  return are_all_there;
}

Result<ExitCode> verify(Session& session, const Arguments& arguments) {
  std::optional<crypto::NoteKey> pinned;
  if (!arguments->key.empty()) pinned = WD_TRY(crypto::NoteKey::parse(arguments->key).in("--key"));
  std::vector<crypto::WitnessKey> expected;
  for (const std::string& key : arguments->witnesses)
    expected.push_back(WD_TRY(crypto::WitnessKey::parse(key).in("--witness")));
  const std::string text = WD_TRY(read_status(session, arguments->source));
  const formats::TrustReport report =
      WD_TRY(formats::verify_trust_status(text, pinned, session.environment().now()).in(arguments->source));
  json::array lines;
  for (const formats::TrustLine& line : report.lines)
    lines.emplace_back(json::object{
        {"id", line.id}, {"claimed", line.claimed}, {"shown", line.shown}, {"why", line.why}, {"text", line.text}});
  print_list(session, lines, kVerified);
  print_note(session, "Signed by " + report.key.text() +
                          (report.is_key_pinned ? ", as expected."
                                                : "; compare it with one that you know, and give it with --key."));
  print_note(session, "Made at " + to_rfc3339(report.generated) + (report.is_current ? "; " : ": this is the past; ") +
                          std::to_string(report.proven) + " results are proven.");
  const bool is_witnessed = tell_witnesses(session, report, expected);
  return report.is_current && report.is_honest() && is_witnessed ? ExitCode::Ok : ExitCode::Findings;
}

}  // namespace

void add_trust(Tree& tree) {
  const auto arguments = std::make_shared<TrustArguments>();
  CLI::App& group = add_group(tree, "trust", "The Trust Center: promises, their checks, evidence");
  add(tree, group, "list", "List the promises and how each stands", arguments, list);
  add(tree, group, "checks", "List the checks with their latest results", arguments, list_checks);
  add(tree, group, "run", "Carry out every check now", arguments, run_checks);
  add(tree, group, "own",
      "Print how your tenant is served: operators' access, keys, isolation, both halves of the duties", arguments,
      show_own);
  add(tree, group, "oscal", "Print a document of OSCAL 1.2", arguments, show_oscal)
      .add_option("document", arguments->id, "Which one")
      ->required()
      ->check(CLI::IsMember({"catalog", "component-definition", "assessment-results", "poam"}));
  add(tree, group, "measures", "List the technical and organisational measures (GDPR Art. 32) and how each stands",
      arguments, show_measures);
  add(tree, group, "evidence", "List what stands behind organisational promises", arguments, list_evidence);
  CLI::App& files =
      add(tree, group, "file", "File evidence; it counts once somebody else has reviewed it", arguments, file_evidence);
  files.add_option("commitment", arguments->id, "Id of the promise, like tc-22a")->required();
  files.add_option("--title", arguments->title, "What it is")->required();
  files.add_option("--issued", arguments->issued, "When: 2026-01-31T00:00:00Z")->required();
  files.add_option("--expires", arguments->expires, "Until when it holds")->required();
  files.add_option("--owner", arguments->owner, "Who answers for it")->required();
  files.add_option("--deputy", arguments->deputy, "Who stands in");
  files.add_option("--standard", arguments->standard, "Which version of which standard it is for");
  files.add_option("--file", arguments->file, "The document, up to 700 KiB");
  files.add_flag("--public", arguments->is_public, "The document is for everybody, once it was reviewed");
  files.add_flag("--on-request", arguments->is_on_request,
                 "The document, a PDF, is for those who ask and whom somebody approves; with a watermark");
  add(tree, group, "review", "Confirm evidence that somebody else has filed", arguments, review_evidence)
      .add_option("id", arguments->id, "Id of the record")
      ->required();
  CLI::App& removes = add(tree, group, "remove", "Remove a record of evidence", arguments, remove_evidence);
  removes.add_option("id", arguments->id, "Id of the record")->required();
  removes.add_flag("--yes", arguments->is_sure, "Do not ask");
  CLI::App& verifies =
      add(tree, group, "verify", "Check a signed status; exit code 3 when it is old or claims what it does not prove",
          arguments, verify);
  verifies.add_option("source", arguments->source, "File or https address of status.json")->required();
  verifies.add_option("--key", arguments->key, "The key that it must be signed with, as /trust/v1/key once gave it");
  add_trust_duties(tree, group);
  add_trust_policies(tree, group);
  add_trust_requests(tree, group);
  verifies.add_option("--witness", arguments->witnesses,
                      "A key that must have cosigned it, as the agent's host shows it; several");
}

}  // namespace warder::cli
