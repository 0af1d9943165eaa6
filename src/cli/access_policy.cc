// warder access-policy
#include "base/file.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr std::string_view kPath = "/access-policy";

struct AccessArguments {
  std::string file;
};
using Arguments = std::shared_ptr<AccessArguments>;

constexpr Column kColumns[] = {{"ROLES", "/roles"}, {"NETWORKS", "/networks"}, {"ONE OF", "/proofs"}};

Result<ExitCode> print_policy(Session& session, const json::value& policy) {
  if (session.is_json()) {
    print_object(session, policy, {});
    return ExitCode::Ok;
  }
  print_list(session, policy.at("rules").as_array(), kColumns);
  if (policy.at("certificate_alone").as_bool())
    print_note(session, "A client certificate is a login without a password.");
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  return print_policy(session, WD_TRY(client->get(kPath)));
}

Result<ExitCode> set(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::value body = WD_TRY(parse_json(WD_TRY(read_file(arguments->file))).in(arguments->file));
  return print_policy(session, WD_TRY(change(*client, "PUT", std::string(kPath), body)));
}

}  // namespace

void add_access_policy(Tree& tree) {
  const auto arguments = std::make_shared<AccessArguments>();
  CLI::App& group = add_group(tree, "access-policy", "From where and by what people may come in");
  add(tree, group, "show", "Show the rules", arguments, show);
  CLI::App& sets =
      add(tree, group, "set", "Put other rules in force, of a file as docs/access.md shows", arguments, set);
  sets.add_option("file", arguments->file, "File with {\"rules\": [...]}")->required();
}

}  // namespace warder::cli
