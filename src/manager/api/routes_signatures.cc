#include "manager/api/fleet_json.h"
#include "manager/api/routes_content.h"

namespace warder::manager {
namespace {

json::object file_to_json(const SignatureFile& file) {
  return {{"name", file.file.name},
          {"bytes", file.file.bytes},
          {"sha256", file.file.sha256},
          {"made", to_rfc3339(file.made)},
          {"version", file.version},
          {"source", file.source},
          {"imported", to_rfc3339(file.imported)}};
}

json::value published_to_json(const std::optional<PublishedSignatures>& published) {
  if (!published) return nullptr;
  std::uint64_t bytes = 0;
  for (const pack::SetFile& each : published->set.files) bytes += each.bytes;
  return json::object{{"pack", published->pack},
                      {"published", to_rfc3339(published->published)},
                      {"made", to_rfc3339(published->set.made)},
                      {"files", published->set.files.size()},
                      {"bytes", bytes}};
}

json::value mirror_to_json(const SignatureMirror& mirror, const TenantScope& scope) {
  if (mirror.options().url.empty()) return nullptr;
  const MirrorStatus status = mirror.status(scope);
  return json::object{{"url", mirror.options().url},
                      {"tried", to_json(status.tried)},
                      {"succeeded", to_json(status.succeeded)},
                      {"error", text_or_null(status.error)}};
}

Result<pack::SetFile> read_file_body(const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  pack::SetFile file;
  file.name = request.path_parameter("name");
  file.bytes = static_cast<std::uint64_t>(WD_TRY(get_int(body, "bytes")));
  file.sha256 = WD_TRY(get_string(body, "sha256"));
  for (const json::value& each : *WD_TRY(get_array(body, "chunks"))) {
    const json::object& chunk = each.as_object();
    file.chunks.push_back({std::string(WD_TRY(get_string(chunk, "digest"))),
                           static_cast<std::uint64_t>(WD_TRY(get_int(chunk, "bytes")))});
  }
  return file;
}

}  // namespace

void add_signature_routes(Routes& routes, Signatures& signatures, SignatureMirror& mirror) {
  routes.add("getSignatures", [&signatures, &mirror](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    json::array files;
    for (const SignatureFile& each : WD_TRY(signatures.files(scope))) files.push_back(file_to_json(each));
    return object_response(200, {{"files", std::move(files)},
                                 {"published", published_to_json(WD_TRY(signatures.published(scope)))},
                                 {"mirror", mirror_to_json(mirror, scope)}});
  });
  routes.add("findMissingSignatureChunks", [&signatures](const ApiRequest& request) -> Result<ApiResponse> {
    std::vector<std::string> digests;
    for (const json::value& each : *WD_TRY(get_array(request.body.as_object(), "digests")))
      digests.emplace_back(each.as_string());
    json::array missing;
    for (const std::string& each : WD_TRY(signatures.missing_chunks(request.tenant_scope(), digests)))
      missing.emplace_back(each);
    return object_response(200, {{"missing", std::move(missing)}});
  });
  routes.add("addSignatureChunk", [&signatures](const ApiRequest& request) -> Result<ApiResponse> {
    const auto chunk = WD_TRY(signatures.add_chunk(request.tenant_scope(), as_bytes(request.http.body)));
    return object_response(201, {{"digest", chunk.digest}, {"bytes", chunk.bytes}});
  });
  routes.add("putSignatureFile", [&signatures](const ApiRequest& request) -> Result<ApiResponse> {
    const pack::SetFile file = WD_TRY(read_file_body(request));
    return object_response(200, file_to_json(WD_TRY(signatures.put_file(request.tenant_scope(), file, "upload"))));
  });
  routes.add("removeSignatureFile", [&signatures](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(signatures.remove_file(request.tenant_scope(), request.path_parameter("name")));
    return no_content();
  });
  routes.add("publishSignatures", [&signatures](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(200, pack_to_json(WD_TRY(signatures.publish(request.tenant_scope()))));
  });
  routes.add("fetchSignatures", [&mirror](const ApiRequest&) -> Result<ApiResponse> {
    WD_TRY(mirror.fetch_now());
    ApiResponse response;
    response.status = 202;
    return response;
  });
}

}  // namespace warder::manager
