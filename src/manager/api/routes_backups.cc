#include "manager/api/routes_backups.h"

#include "manager/api/list_page.h"

namespace warder::manager {
namespace {

namespace json = boost::json;

std::string_view state_of(const BackupRun& run) {
  if (!run.ended) return "running";
  return run.error.empty() ? "succeeded" : "failed";
}

json::object run_to_json(const BackupRun& run) {
  return {{"id", run.id},
          {"task", name(run.task)},
          {"state", state_of(run)},
          {"file", run.file},
          {"actor", run.actor},
          {"begun", to_rfc3339(run.begun)},
          {"ended", run.ended ? json::value(to_rfc3339(*run.ended)) : json::value()},
          {"error", run.error},
          {"bytes", run.bytes},
          {"parts", run.parts}};
}

json::object file_to_json(const BackupFile& file) {
  return {{"name", file.name},
          {"bytes", file.bytes},
          {"made", file.made ? json::value(run_to_json(*file.made)) : json::value()},
          {"verified", file.verified ? json::value(run_to_json(*file.verified)) : json::value()}};
}

ApiResponse begun(const BackupRun& run) {
  ApiResponse response;
  response.status = 202;
  response.headers["location"] = "/api/v1/backup-runs/" + run.id;
  response.body = run_to_json(run);
  return response;
}

}  // namespace

void add_backup_routes(Routes& routes, Backups& backups, Provisioning& provisioning) {
  const auto add = [&](std::string_view id, Result<ApiResponse> (*answer)(Backups&, const ApiRequest&)) {
    routes.add(id, [&backups, &provisioning, answer](const ApiRequest& request) -> Result<ApiResponse> {
      WD_TRY(provisioning.check_operator(request.tenant_scope()));
      return answer(backups, request);
    });
  };
  add("listBackups", [](Backups& all, const ApiRequest& request) -> Result<ApiResponse> {
    return list_page(
        request, WD_TRY(all.files()), [](const BackupFile& file) { return file.name; }, file_to_json);
  });
  add("createBackup", [](Backups& all, const ApiRequest& request) -> Result<ApiResponse> {
    return begun(WD_TRY(all.create(request.tenant_scope().actor())));
  });
  add("verifyBackup", [](Backups& all, const ApiRequest& request) -> Result<ApiResponse> {
    return begun(WD_TRY(all.verify(request.path_parameter("name"), request.tenant_scope().actor())));
  });
  add("listBackupRuns", [](Backups& all, const ApiRequest& request) -> Result<ApiResponse> {
    return list_page(
        request, WD_TRY(all.runs()), [](const BackupRun& run) { return run.id; }, run_to_json);
  });
  add("getBackupRun", [](Backups& all, const ApiRequest& request) -> Result<ApiResponse> {
    ApiResponse response;
    response.body = run_to_json(WD_TRY(all.run(request.path_parameter("id"))));
    return response;
  });
}

}  // namespace warder::manager
