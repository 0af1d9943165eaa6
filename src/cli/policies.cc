// warder policies
#include "base/uri.h"
#include "cli/commands.h"
#include "cli/policy_document.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"ID", "/id"},           {"NAME", "/name"},         {"PARENT", "/parent_id"},
                            {"VERSION", "/version"}, {"MODIFIED", "/modified"}, {"AGENTS", "/agents"}};
constexpr Column kEffective[] = {
    {"SECTION", "/section"}, {"SETTING", "/key"}, {"VALUE", "/value"}, {"FROM", "/origin/name"}};
constexpr Column kGolden[] = {{"HOST", "/hostname"}, {"NAMED", "/named"}, {"BY", "/named_by"}, {"CHANGES", "/changes"}};
constexpr Column kVersions[] = {
    {"VERSION", "/version"}, {"NAME", "/name"}, {"MODIFIED", "/modified"}, {"BY", "/modified_by"}};

struct Arguments {
  std::string policy;
  std::string name;
  std::string description;
  std::string parent;
  std::string file;
  std::string approval;
  std::vector<std::string> settings;
  std::vector<std::string> unset;
  std::int64_t version = 0;
  std::string host;
  bool has_no_host = false;
  bool is_sure = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<std::string> policy_path(client::Client& client, const Shared& arguments) {
  return "/policies/" + WD_TRY(find_id(client, "/policies", "name", arguments->policy));
}

std::string approval_query(const Shared& arguments) {
  return arguments->approval.empty() ? std::string() : "?approval_id=" + percent_encode(arguments->approval);
}

Result<json::object> changed_document(Session& session, const json::value& policy, const Shared& arguments) {
  json::object document;
  if (!arguments->file.empty()) {
    document = WD_TRY(read_json_file(session, arguments->file));
  } else if (policy.is_object()) {
    document = *WD_TRY(get_object(policy.get_object(), "document"));
  }
  WD_TRY(edit_document(document, arguments->settings, arguments->unset));
  return document;
}

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/policies")), kList);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(WD_TRY(policy_path(*client, arguments)))));
  return ExitCode::Ok;
}

Result<ExitCode> effective(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::value policy = WD_TRY(client->get(WD_TRY(policy_path(*client, arguments)) + "/effective"));
  if (session.is_json() || !policy.is_object()) {
    print_object(session, policy);
  } else {
    print_list(session, *WD_TRY(get_array(policy.get_object(), "settings")), kEffective);
  }
  return ExitCode::Ok;
}

Result<ExitCode> schema(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get("/policy-schema")));
  return ExitCode::Ok;
}

Result<ExitCode> set(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(policy_path(*client, arguments));
  const json::value present = WD_TRY(client->get(path));
  if (!present.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a policy");
  json::object body;
  if (!arguments->file.empty() || !arguments->settings.empty() || !arguments->unset.empty()) {
    body["document"] = WD_TRY(changed_document(session, present, arguments));
  }
  if (!arguments->name.empty()) body["name"] = arguments->name;
  if (!arguments->description.empty()) body["description"] = arguments->description;
  if (!arguments->parent.empty()) body["parent_id"] = WD_TRY(find_id_or_none(*client, "/policies", arguments->parent));
  if (body.empty())
    return fail(ErrorCode::Invalid, "nothing to change: give section.setting=value, --file or an option");
  const std::string_view etag = WD_TRY(get_string(present.get_object(), "etag"));
  print_object(session, WD_TRY(client->send("PATCH", path + approval_query(arguments), body, etag)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> create(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"name", arguments->name}, {"document", WD_TRY(changed_document(session, nullptr, arguments))}};
  if (!arguments->description.empty()) body["description"] = arguments->description;
  if (!arguments->parent.empty()) body["parent_id"] = WD_TRY(find_id_or_none(*client, "/policies", arguments->parent));
  print_object(session, WD_TRY(client->send("POST", "/policies", body)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> versions(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list(WD_TRY(policy_path(*client, arguments)) + "/versions")), kVersions);
  return ExitCode::Ok;
}

Result<ExitCode> golden_host(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(policy_path(*client, arguments)) + "/golden-host";
  if (arguments->has_no_host) {
    WD_TRY(client->send("DELETE", path, nullptr));
    print_note(session, "Policy " + arguments->policy + " has no golden host any more.");
    return ExitCode::Ok;
  }
  if (!arguments->host.empty()) {
    const json::object body{{"agent_id", WD_TRY(find_id(*client, "/agents", "hostname", arguments->host))}};
    print_object(session, WD_TRY(client->send("PUT", path, body)), kGolden);
    return ExitCode::Ok;
  }
  print_object(session, WD_TRY(client->get(path)), kGolden);
  return ExitCode::Ok;
}

Result<ExitCode> restore(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(policy_path(*client, arguments));
  const json::value present = WD_TRY(client->get(path));
  if (!present.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a policy");
  const std::string_view etag = WD_TRY(get_string(present.get_object(), "etag"));
  const std::string version =
      path + "/versions/" + std::to_string(arguments->version) + "/restore" + approval_query(arguments);
  print_object(session, WD_TRY(client->send("POST", version, nullptr, etag)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(policy_path(*client, arguments));
  return remove_object(session, path, arguments->is_sure, "Remove policy " + arguments->policy + "?",
                       "Policy " + arguments->policy + " removed.");
}

void add_writers(Tree& tree, CLI::App& group, const Shared& arguments) {
  const auto common = [&](CLI::App& app) {
    app.add_option("--file", arguments->file, "Document to use, JSON; - is standard input");
    app.add_option("--description", arguments->description, "What it is for");
    app.add_option("--parent", arguments->parent, "Policy it inherits from, or none");
  };
  CLI::App& sets = add(tree, group, "set", "Change what a policy sets; agents get it at once", arguments, set);
  sets.add_option("policy", arguments->policy, "Id or name")->required();
  sets.add_option("settings", arguments->settings, "section.setting=value, the value as JSON or text");
  sets.add_option("--unset", arguments->unset, "section.setting to inherit again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  sets.add_option("--name", arguments->name, "New name");
  sets.add_option("--approval", arguments->approval, "Approval, where the change needs one");
  common(sets);
  CLI::App& creates = add(tree, group, "create", "Add a policy", arguments, create);
  creates.add_option("name", arguments->name, "Name")->required();
  creates.add_option("settings", arguments->settings, "section.setting=value, the value as JSON or text");
  common(creates);
}

}  // namespace

void add_policies(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "policies", "What agents do");
  const auto policy = [&](CLI::App& app) -> CLI::App& {
    app.add_option("policy", arguments->policy, "Id or name")->required();
    return app;
  };
  add(tree, group, "list", "List policies", arguments, list);
  policy(add(tree, group, "show", "Show what a policy sets itself", arguments, show));
  policy(add(tree, group, "effective", "Show every setting and where it comes from", arguments, effective));
  add(tree, group, "schema", "Print the JSON Schema of policy documents", arguments, schema);
  add_writers(tree, group, arguments);
  policy(add(tree, group, "versions", "List earlier versions", arguments, versions));
  CLI::App& restores =
      policy(add(tree, group, "restore", "Make an earlier version the current one", arguments, restore));
  restores.add_option("version", arguments->version, "Number of the version")->required();
  restores.add_option("--approval", arguments->approval, "Approval, where the change needs one");
  CLI::App& golden =
      policy(add(tree, group, "golden-host", "Show or name the host whose changes of files are no alarm on the others",
                 arguments, golden_host));
  golden.add_option("--host", arguments->host, "Id or name of the host to be named");
  golden.add_flag("--none", arguments->has_no_host, "Have none any more")->excludes("--host");
  policy(add(tree, group, "delete", "Remove a policy that nothing uses", arguments, remove))
      .add_flag("--yes", arguments->is_sure, "Do not ask");
}

}  // namespace warder::cli
