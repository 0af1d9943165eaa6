// warder rollouts
#include "base/text.h"
#include "base/uri.h"
#include "cli/commands.h"
#include "cli/policy_document.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"ID", "/id"},           {"STATE", "/state"}, {"RINGS OPENED", "/opened"},
                            {"STARTED", "/started"}, {"ENDED", "/ended"}, {"REASON", "/reason"}};
constexpr Column kRings[] = {{"RING", "/name"},
                             {"HOSTS", "/counts/hosts"},
                             {"HEALTHY", "/counts/healthy"},
                             {"UNHEALTHY", "/counts/unhealthy"},
                             {"WAITING", "/counts/waiting"},
                             {"ABSENT", "/counts/absent"}};
constexpr Column kHosts[] = {
    {"HOST", "/hostname"}, {"RING", "/ring"}, {"VERDICT", "/verdict"}, {"PROBLEM", "/problem"}};

struct Arguments {
  std::string policy;
  std::string id;
  std::string file;
  std::string approval;
  std::vector<std::string> settings;
  std::vector<std::string> unset;
  std::vector<std::string> rings;
  std::int64_t soak_s = 900;
  std::int64_t max_unhealthy_percent = 0;
};
using Shared = std::shared_ptr<Arguments>;

/// "5%", "group:Web" or "tag:early", with or without "name=" before it.
Result<json::object> read_ring(client::Client& client, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const std::string hosts = equals == std::string::npos ? text : text.substr(equals + 1);
  json::object ring{{"name", name}};
  if (hosts.ends_with('%')) {
    const auto percent = parse_integer<int>(std::string_view{hosts}.substr(0, hosts.size() - 1));
    if (!percent) return fail(ErrorCode::Invalid, "\"" + text + "\" has no number before %");
    ring["percent"] = *percent;
  } else if (hosts.starts_with("group:")) {
    ring["group_ids"] = json::array{json::string(WD_TRY(find_id(client, "/groups", "name", hosts.substr(6))))};
  } else if (hosts.starts_with("tag:")) {
    ring["tag"] = hosts.substr(4);
  } else {
    return fail(ErrorCode::Invalid, "\"" + text + "\" is not 5%, group:NAME or tag:TAG");
  }
  return ring;
}

Result<ExitCode> start(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/policies/" + WD_TRY(find_id(*client, "/policies", "name", arguments->policy));
  const json::value present = WD_TRY(client->get(path));
  if (!present.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a policy");
  json::object document = arguments->file.empty() ? *WD_TRY(get_object(present.get_object(), "document"))
                                                  : WD_TRY(read_json_file(session, arguments->file));
  WD_TRY(edit_document(document, arguments->settings, arguments->unset));
  json::array rings;
  for (const std::string& ring : arguments->rings) rings.push_back(WD_TRY(read_ring(*client, ring)));
  const json::object body{{"document", std::move(document)},
                          {"rings", std::move(rings)},
                          {"soak_s", arguments->soak_s},
                          {"max_unhealthy_percent", arguments->max_unhealthy_percent}};
  const std::string approval =
      arguments->approval.empty() ? std::string() : "?approval_id=" + percent_encode(arguments->approval);
  const std::string_view etag = WD_TRY(get_string(present.get_object(), "etag"));
  print_object(session, WD_TRY(client->send("POST", path + "/rollouts" + approval, body, etag)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> list(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string policy = WD_TRY(find_id(*client, "/policies", "name", arguments->policy));
  print_list(session, WD_TRY(client->list("/policies/" + policy + "/rollouts")), kList);
  return ExitCode::Ok;
}

std::string path_of(const Shared& arguments) {
  return "/rollouts/" + percent_encode(arguments->id);
}

Result<ExitCode> show(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::value rollout = WD_TRY(client->get(path_of(arguments)));
  print_object(session, rollout, kList);
  if (!session.is_json() && rollout.is_object())
    print_list(session, *WD_TRY(get_array(rollout.get_object(), "rings")), kRings);
  return ExitCode::Ok;
}

Result<ExitCode> hosts(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list(path_of(arguments) + "/hosts")), kHosts);
  return ExitCode::Ok;
}

void add_steps(Tree& tree, CLI::App& group, const Shared& arguments) {
  const auto step = [&](const std::string& name, const std::string& doc) {
    const auto action = [arguments, name](Session& session) -> Result<ExitCode> {
      client::Client* const client = WD_TRY(session.client());
      const json::object body{{"step", name}};
      print_object(session, WD_TRY(client->send("POST", path_of(arguments) + "/steps", body)), kList);
      return ExitCode::Ok;
    };
    add_command(tree, group, name, doc, action).add_option("id", arguments->id, "Id of the roll-out")->required();
  };
  step("pause", "Open no further ring for now");
  step("resume", "Go on with one that is paused");
  step("advance", "Open the next ring without waiting, whatever the hosts say");
  step("back-out", "Give all hosts the old settings again");
}

}  // namespace

void add_rollouts(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "rollouts", "Changes of policies that go ring by ring");
  const auto id = [&](CLI::App& app) { app.add_option("id", arguments->id, "Id of the roll-out")->required(); };
  CLI::App& starts = add(tree, group, "start", "Roll out a change of a policy ring by ring", arguments, start);
  starts.add_option("policy", arguments->policy, "Id or name of the policy")->required();
  starts.add_option("settings", arguments->settings, "section.setting=value, the value as JSON or text");
  const auto many = CLI::MultiOptionPolicy::TakeAll;
  starts.add_option("--unset", arguments->unset, "section.setting to inherit again")
      ->expected(1)
      ->multi_option_policy(many);
  starts.add_option("--file", arguments->file, "Document to use, JSON; - is standard input");
  starts.add_option("--ring", arguments->rings, "NAME=5%, NAME=group:GROUP or NAME=tag:TAG, in their order")
      ->expected(1)
      ->multi_option_policy(many)
      ->required();
  starts.add_option("--soak", arguments->soak_s, "Seconds that a ring is watched before the next one");
  starts.add_option("--max-unhealthy", arguments->max_unhealthy_percent, "Percent of hosts that may be not well");
  starts.add_option("--approval", arguments->approval, "Approval, where the change needs one");
  add(tree, group, "list", "List the roll-outs of a policy", arguments, list)
      .add_option("policy", arguments->policy, "Id or name of the policy")
      ->required();
  id(add(tree, group, "show", "Show a roll-out and its rings", arguments, show));
  id(add(tree, group, "hosts", "List the hosts that it has reached, those not well first", arguments, hosts));
  add_steps(tree, group, arguments);
}

}  // namespace warder::cli
