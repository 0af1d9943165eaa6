// warder trust policies: written policies for people, and their acknowledgement.
#include <ostream>

#include "base/bytes.h"
#include "base/file.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kPolicies[] = {{"ID", "/id"},
                                {"SUBJECT", "/subject"},
                                {"TITLE", "/newest/title"},
                                {"STATE", "/state"},
                                {"PEOPLE", "/people"},
                                {"COMPLETE", "/complete"},
                                {"DUE", "/due"},
                                {"OVERDUE", "/overdue"},
                                {"IN FORCE", "/in_force/number"},
                                {"NEWEST", "/newest/number"}};
constexpr Column kOnePolicy[] = {{"ID", "/id"},
                                 {"SUBJECT", "/subject"},
                                 {"TITLE", "/newest/title"},
                                 {"STATE", "/state"},
                                 {"OWNER", "/newest/owner"},
                                 {"DEPUTY", "/newest/deputy"},
                                 {"NEWEST VERSION", "/newest/number"},
                                 {"FILED BY", "/newest/filed_by"},
                                 {"REVIEWER", "/newest/reviewer"},
                                 {"SHA-256", "/newest/sha256"},
                                 {"IN FORCE", "/in_force/number"},
                                 {"SINCE", "/in_force/reviewed"},
                                 {"PEOPLE", "/people"},
                                 {"COMPLETE", "/complete"},
                                 {"DUE", "/due"},
                                 {"OVERDUE", "/overdue"}};
constexpr Column kReaders[] = {
    {"USER", "/username"}, {"STATE", "/state"}, {"ACKNOWLEDGED", "/acknowledged"}, {"DEADLINE", "/deadline"}};
constexpr Column kOwn[] = {{"ID", "/id"},
                           {"TITLE", "/title"},
                           {"VERSION", "/version"},
                           {"STATE", "/state"},
                           {"OWNER", "/owner"},
                           {"ACKNOWLEDGED", "/acknowledged"},
                           {"DEADLINE", "/deadline"}};
constexpr std::size_t kMaxPolicyBytes = 700 << 10;

struct PolicyArguments {
  std::string id;
  std::string subject;
  std::string title;
  std::string owner;
  std::string deputy;
  std::string file;
  std::vector<std::string> roles;
  std::int64_t cadence = 365;
  std::int64_t grace = 14;
  std::int64_t version = 0;
  bool is_sure = false;
};
using Arguments = std::shared_ptr<PolicyArguments>;

std::string path_of(const Arguments& arguments) {
  return "/trust/policies/" + arguments->id;
}
std::string own_path_of(const Arguments& arguments) {
  return "/trust/own-policies/" + arguments->id;
}

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/trust/policies")), kPolicies);
  return ExitCode::Ok;
}

Result<ExitCode> list_readers(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list(path_of(arguments) + "/people")), kReaders);
  return ExitCode::Ok;
}

/// A PDF is one by what it begins with.
Result<json::object> draft_of(const Arguments& arguments) {
  json::array roles;
  for (const std::string& role : arguments->roles) roles.emplace_back(role);
  json::object body{{"title", json::string(arguments->title)},   {"owner", json::string(arguments->owner)},
                    {"deputy", json::string(arguments->deputy)}, {"roles", std::move(roles)},
                    {"cadence_days", arguments->cadence},        {"grace_days", arguments->grace}};
  const std::string content = WD_TRY(read_file(arguments->file, kMaxPolicyBytes));
  if (content.starts_with("%PDF-"))
    body["document"] = to_base64(as_bytes(content));
  else
    body["text"] = content;
  return body;
}

Result<ExitCode> file_policy(Session& session, const Arguments& arguments) {
  json::object body = WD_TRY(draft_of(arguments));
  body["subject"] = arguments->subject;
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", "/trust/policies", body)), kOnePolicy);
  return ExitCode::Ok;
}

Result<ExitCode> file_version(Session& session, const Arguments& arguments) {
  const json::object body = WD_TRY(draft_of(arguments));
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", path_of(arguments) + "/versions", body)), kOnePolicy);
  return ExitCode::Ok;
}

Result<ExitCode> review(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body{{"version", arguments->version}};
  print_object(session, WD_TRY(client->send("POST", path_of(arguments) + "/review", body)), kOnePolicy);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Arguments& arguments) {
  return remove_object(session, path_of(arguments), arguments->is_sure, "Remove this policy with its acknowledgements?",
                       "Policy removed.");
}

Result<ExitCode> print_document(Session& session, const std::string& path) {
  client::Client* const client = WD_TRY(session.client());
  std::ostream& out = session.environment().out;
  WD_TRY(client->stream(path, {}, [&](std::string_view bytes) {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return static_cast<bool>(out);
  }));
  if (!out.flush()) return fail(ErrorCode::Unavailable, "writing the document failed");
  return ExitCode::Ok;
}

Result<ExitCode> show_document(Session& session, const Arguments& arguments) {
  return print_document(session, path_of(arguments) + "/document");
}

Result<ExitCode> read_own(Session& session, const Arguments& arguments) {
  return print_document(session, own_path_of(arguments) + "/document");
}

Result<ExitCode> list_own(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/trust/own-policies")), kOwn);
  return ExitCode::Ok;
}

Result<ExitCode> acknowledge(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body{{"version", arguments->version}};
  print_object(session, WD_TRY(client->send("POST", own_path_of(arguments) + "/acknowledgements", body)), kOwn);
  return ExitCode::Ok;
}

void add_id(CLI::App& command, const Arguments& arguments) {
  command.add_option("id", arguments->id, "Id of the policy")->required();
}

void add_version(CLI::App& command, const Arguments& arguments) {
  command.add_option("version", arguments->version, "Number of the version that you have read")->required();
}

void add_draft(CLI::App& command, const Arguments& arguments) {
  command.add_option("--title", arguments->title, "What it is")->required();
  command.add_option("--owner", arguments->owner, "Who answers for it")->required();
  command.add_option("--file", arguments->file, "What it says: text or PDF, up to 700 KiB")->required();
  command.add_option("--deputy", arguments->deputy, "Who stands in");
  command.add_option("--role", arguments->roles, "Who must acknowledge it; several. Without it: everybody");
  command.add_option("--cadence", arguments->cadence, "Days that an acknowledgement lasts; 0: as long as the version");
  command.add_option("--grace", arguments->grace, "Days that somebody may take");
}

void add_reading(Tree& tree, CLI::App& group, const Arguments& arguments) {
  add(tree, group, "own-policies", "List the policies that you must acknowledge", arguments, list_own);
  add_id(add(tree, group, "read-policy", "Print a policy that you must acknowledge", arguments, read_own), arguments);
  CLI::App& acknowledges =
      add(tree, group, "acknowledge", "Acknowledge a policy that you have read", arguments, acknowledge);
  add_id(acknowledges, arguments);
  add_version(acknowledges, arguments);
}

}  // namespace

void add_trust_policies(Tree& tree, CLI::App& group) {
  const auto arguments = std::make_shared<PolicyArguments>();
  add(tree, group, "policies", "List written policies and how many have acknowledged them", arguments, list);
  add_id(add(tree, group, "policy-people", "Who must acknowledge a policy, and who has", arguments, list_readers),
         arguments);
  add_id(add(tree, group, "policy-document", "Print the newest version of a policy", arguments, show_document),
         arguments);
  CLI::App& files = add(tree, group, "file-policy", "File a policy; it is in force once somebody else has reviewed it",
                        arguments, file_policy);
  files.add_option("subject", arguments->subject, "What it is about")
      ->required()
      ->check(CLI::IsMember({"acceptable-use", "consequences", "security", "other"}));
  add_draft(files, arguments);
  CLI::App& versions =
      add(tree, group, "policy-version", "File the next version of a policy; everybody must acknowledge it anew",
          arguments, file_version);
  add_id(versions, arguments);
  add_draft(versions, arguments);
  CLI::App& reviews =
      add(tree, group, "review-policy", "Put a version in force that somebody else has filed", arguments, review);
  add_id(reviews, arguments);
  add_version(reviews, arguments);
  CLI::App& removes = add(tree, group, "remove-policy", "Remove a policy", arguments, remove);
  add_id(removes, arguments);
  removes.add_flag("--yes", arguments->is_sure, "Do not ask");
  add_reading(tree, group, arguments);
}

}  // namespace warder::cli
