// warder keys
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {{"OWNER", "/owner_name"},  {"LEVEL", "/level"},     {"EPOCH", "/epoch"},
                               {"CURRENT", "/current"},   {"CREATED", "/created"}, {"PROVIDER", "/provider"},
                               {"ROOT KEY", "/root_key"}, {"OWNER ID", "/owner"}};
constexpr Column kRotated[] = {{"LEVEL", "/level"}, {"OWNER ID", "/owner"}, {"EPOCH", "/epoch"}};

struct Arguments {
  std::string level;
  std::string owner;
  std::string approval;
};
using Shared = std::shared_ptr<Arguments>;

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/keys")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> rotate(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"level", arguments->level}};
  if (!arguments->owner.empty()) body["owner"] = arguments->owner;
  if (!arguments->approval.empty()) body["approval_id"] = arguments->approval;
  print_object(session, WD_TRY(client->send("POST", "/keys/rotations", body)), kRotated);
  return ExitCode::Ok;
}

}  // namespace

void add_keys(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "keys", "Keys that the manager seals with");
  add(tree, group, "list", "List keys with their epochs", arguments, list);
  CLI::App& rotates =
      add(tree, group, "rotate", "Make a new key; the root key and tenants' keys take an approval", arguments, rotate);
  rotates.add_option("level", arguments->level, "root, tenant, contact, secrets, content or other")
      ->check(CLI::IsMember({"root", "tenant", "contact", "secrets", "content", "other"}))
      ->required();
  rotates.add_option("--owner", arguments->owner, "Id of a tenant, or control; your own tenant when left out");
  rotates.add_option("--approval", arguments->approval,
                     "Id of the approval (action keys.rotate, object key:root or key:OWNER/tenant)");
}

}  // namespace warder::cli
