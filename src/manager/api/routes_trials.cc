#include "manager/api/routes_trials.h"

#include <atomic>

#include "manager/api/fleet_json.h"
#include "manager/api/turn.h"
#include "manager/trials/capture_trial.h"
#include "manager/trials/file_trial.h"
#include "manager/trials/path_trial.h"

namespace warder::manager {
namespace {

constexpr int kMaxAtOnce = 2;

/// The body: as many bytes of rules as the query says, then the capture or the file.
struct Parts {
  std::string_view rules;
  std::string_view rest;
};
Result<Parts> parts_of(const ApiRequest& request) {
  const std::string_view body = request.http.body;
  const auto rules = static_cast<std::size_t>(request.query_int("rules_bytes"));
  if (rules > body.size()) return fail(ErrorCode::Invalid, "/rules_bytes: the body is shorter");
  return Parts{body.substr(0, rules), body.substr(rules)};
}

/// This very program, which knows `try-capture` and `try-paths`, also when its file was replaced meanwhile.
constexpr std::string_view kOwnProgram = "/proc/self/exe";

bool is_on(const ApiRequest& request, std::string_view name) {
  return request.query(name) != "false";
}

Result<ApiResponse> test_capture(const ApiRequest& request, const std::filesystem::path& packs) {
  const Parts parts = WD_TRY(parts_of(request));
  const CaptureTrial trial{is_on(request, "with_packs"), parts.rules, as_bytes(parts.rest)};
  return object_response(200, WD_TRY(try_capture(kOwnProgram, packs, trial)));
}

Result<ApiResponse> test_file(const ApiRequest& request, Signatures& signatures) {
  const Parts parts = WD_TRY(parts_of(request));
  const FileTrial trial{request.query("name").value_or("file"), is_on(request, "with_signatures"), parts.rules,
                        as_bytes(parts.rest)};
  return object_response(200, WD_TRY(try_file(signatures, request.tenant_scope(), trial)));
}

Result<ApiResponse> test_paths(const ApiRequest& request) {
  return object_response(200, WD_TRY(try_paths(kOwnProgram, request.body.as_object())));
}

}  // namespace

void add_trial_routes(Routes& routes, Signatures& signatures, std::filesystem::path packs) {
  const auto running = std::make_shared<std::atomic<int>>(0);
  const auto in_turn = [running](auto run) {
    return [running, run](const ApiRequest& request) -> Result<ApiResponse> {
      const Turn turn(*running, kMaxAtOnce);
      if (!turn.is_mine()) return fail(ErrorCode::TooMany, "other tests of rules are running; try again");
      return run(request);
    };
  };
  routes.add("testCapture",
             in_turn([packs = std::move(packs)](const ApiRequest& request) { return test_capture(request, packs); }));
  routes.add("testIntegrityRules", in_turn(test_paths));
  routes.add("testFile", in_turn([&signatures](const ApiRequest& request) { return test_file(request, signatures); }));
}

}  // namespace warder::manager
