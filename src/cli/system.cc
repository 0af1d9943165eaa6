// warder system
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kJobs[] = {
    {"JOB", "/name"}, {"STATE", "/state"}, {"LAST RUN", "/last_run"}, {"DUE", "/next_due"}, {"ERROR", "/last_error"}};
constexpr Column kCertificates[] = {
    {"CERTIFICATE", "/role"}, {"SUBJECT", "/subject"}, {"STATE", "/state"}, {"DAYS LEFT", "/days_left"}};
constexpr Column kStores[] = {{"STORE", "/name"}, {"STATE", "/state"}, {"ERROR", "/error"}};
constexpr Column kWhole[] = {{"TIME", "/time"}, {"HEALTHY", "/healthy"}};

struct Nothing {};
using Shared = std::shared_ptr<Nothing>;

/// Database and disk, as far as the tenant is told of them.
json::array stores_of(const json::object& told) {
  json::array stores;
  for (const std::string_view name : {"database", "disk"}) {
    const json::value* const store = find(told, name);
    if (store == nullptr || !store->is_object()) continue;
    json::object named = store->get_object();
    named["name"] = json::string(name);
    stores.push_back(std::move(named));
  }
  return stores;
}

Result<ExitCode> health(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  const json::value answer = WD_TRY(client->get("/system/health"));
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the manager's answer is not an object");
  const json::object& told = answer.get_object();
  if (!session.is_json()) {
    print_list(session, *WD_TRY(get_array(told, "jobs")), kJobs);
    print_list(session, *WD_TRY(get_array(told, "certificates")), kCertificates);
    print_list(session, stores_of(told), kStores);
  }
  print_object(session, answer, kWhole);
  const json::value* const healthy = find(told, "healthy");
  return healthy != nullptr && healthy->is_bool() && healthy->get_bool() ? ExitCode::Ok : ExitCode::Failed;
}

}  // namespace

void add_system(Tree& tree) {
  CLI::App& group = add_group(tree, "system", "The manager itself");
  add(tree, group, "health", "Jobs, certificates, database and disk; exits with 1 when something is wrong",
      std::make_shared<Nothing>(), health);
}

}  // namespace warder::cli
