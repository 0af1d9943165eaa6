// warder audit
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"INDEX", "/index"},   {"TIME", "/time"},     {"ACTOR", "/actor"},
                            {"ACTION", "/action"}, {"OBJECT", "/object"}, {"OUTCOME", "/outcome"}};
constexpr Column kVerification[] = {{"Intact", "/intact"},
                                    {"Entries", "/entries"},
                                    {"Root hash", "/root"},
                                    {"First bad entry", "/first_bad_index"},
                                    {"Detail", "/detail"}};

struct Arguments {
  std::string action;
  std::size_t limit = 100;
};
using Shared = std::shared_ptr<Arguments>;

Result<ExitCode> list(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/audit", {{"action", arguments->action}}, arguments->limit)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> verify(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  const json::value verification = WD_TRY(client->get("/audit/verification"));
  if (!verification.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a verification");
  print_object(session, verification, kVerification);
  return WD_TRY(get_bool(verification.get_object(), "intact")) ? ExitCode::Ok : ExitCode::Findings;
}

}  // namespace

void add_audit(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "audit", "What administrators did");
  CLI::App& lists = add(tree, group, "list", "List entries, newest first", arguments, list);
  lists.add_option("--action", arguments->action, "Only this action");
  lists.add_option("--limit", arguments->limit, "At most this many");
  add(tree, group, "verify", "Recompute the hash chain; exit code 3 when it is broken", arguments, verify);
}

}  // namespace warder::cli
