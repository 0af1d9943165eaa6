// warder enrol-token
#include "base/time.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {
    {"ID", "/id"}, {"NAME", "/name"}, {"EXPIRES", "/expires"}, {"USES LEFT", "/uses_left"}, {"REVOKED", "/revoked"}};

struct Arguments {
  std::string token;
  std::string name = "default";
  std::string group;
  std::string policy;
  std::string lifetime = "24h";
  std::int64_t uses = 1;
};
using Shared = std::shared_ptr<Arguments>;

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/enrol-tokens")), kList);
  return ExitCode::Ok;
}

Result<ExitCode> create(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const auto lifetime = WD_TRY(parse_duration(arguments->lifetime).in("--expires"));
  json::object body{{"name", arguments->name}, {"expires_in_s", lifetime.count()}, {"uses", arguments->uses}};
  if (!arguments->group.empty()) body["group_id"] = WD_TRY(find_id(*client, "/groups", "name", arguments->group));
  if (!arguments->policy.empty()) body["policy_id"] = WD_TRY(find_id(*client, "/policies", "name", arguments->policy));
  const json::value token = WD_TRY(client->send("POST", "/enrol-tokens", body));
  constexpr Column kCreated[] = {{"Id", "/id"}, {"Expires", "/expires"}, {"Uses", "/uses_left"}, {"Token", "/token"}};
  print_object(session, token, kCreated);
  return ExitCode::Ok;
}

Result<ExitCode> revoke(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string id = WD_TRY(find_id(*client, "/enrol-tokens", "name", arguments->token));
  WD_TRY(client->send("DELETE", "/enrol-tokens/" + id, nullptr));
  print_note(session, "Token " + arguments->token + " revoked.");
  return ExitCode::Ok;
}

}  // namespace

void add_enrol_tokens(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "enrol-token", "Tokens with which new agents enrol");
  add(tree, group, "list", "List tokens, without their secret", arguments, list);
  CLI::App& creates = add(tree, group, "create", "Make a token; it is shown this once", arguments, create);
  creates.add_option("name", arguments->name, "Name");
  creates.add_option("--group", arguments->group, "Group of the agents that use it");
  creates.add_option("--policy", arguments->policy, "Policy of the agents that use it");
  creates.add_option("--expires", arguments->lifetime, "How long it can be used: 24h, 7d …");
  creates.add_option("--uses", arguments->uses, "How many agents can use it");
  add(tree, group, "revoke", "Make a token useless", arguments, revoke)
      .add_option("token", arguments->token, "Id or name")
      ->required();
}

}  // namespace warder::cli
