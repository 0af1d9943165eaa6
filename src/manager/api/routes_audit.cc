#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/text.h"
#include "manager/api/event_streams.h"
#include "manager/api/routes_events.h"

namespace warder::manager {
namespace {

json::object to_json(const AuditEntry& entry) {
  return {{"index", entry.index},          {"time", to_rfc3339(entry.time)}, {"actor", entry.actor},
          {"action", entry.record.action}, {"object", entry.record.object},  {"outcome", name(entry.record.outcome)},
          {"detail", entry.record.detail}, {"hash", to_hex(entry.hash)}};
}

ApiResponse json_response(json::value body) {
  ApiResponse response;
  response.body = std::move(body);
  return response;
}

Result<ApiResponse> list(AuditLog& audit, const ApiRequest& request) {
  constexpr std::int64_t kDefaultLimit = 100;
  AuditQuery query;
  query.limit = static_cast<std::size_t>(request.query_int("limit", kDefaultLimit));
  query.cursor = request.query("cursor").value_or("");
  query.action = request.query("action").value_or("");
  const AuditPage page = WD_TRY(audit.list(request.tenant_scope(), query));
  json::array items;
  for (const AuditEntry& entry : page.items) items.push_back(to_json(entry));
  return json_response(
      json::object{{"items", std::move(items)},
                   {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value(nullptr)}});
}

Result<ApiResponse> verify(AuditLog& audit, const VerifiedAudit& verified, const ApiRequest& request) {
  const AuditVerification result = WD_TRY(audit.verify(request.tenant_scope()));
  if (verified) verified(request.tenant_scope(), result);
  ApiResponse response;
  response.body = json::object{
      {"intact", result.intact},
      {"entries", result.entries},
      {"root", to_hex(result.root)},
      {"checkpoints", result.checkpoints},
      {"first_bad_index", result.first_bad_index ? json::value(*result.first_bad_index) : json::value(nullptr)},
      {"detail", result.detail}};
  return response;
}

Result<ApiResponse> get_entry(AuditLog& audit, const ApiRequest& request) {
  const auto index = parse_integer<std::int64_t>(request.path_parameter("index"));
  if (!index) return fail(ErrorCode::Invalid, "index: no number of an entry");
  return json_response(to_json(WD_TRY(audit.find(request.tenant_scope(), *index))));
}

Result<ApiResponse> get_key(AuditLog& audit, const ApiRequest& request) {
  const crypto::NoteKey key = WD_TRY(audit.key(request.tenant_scope()));
  return json_response(
      json::object{{"origin", key.name}, {"key", key.text()}, {"fingerprint", to_hex(crypto::sha256(key.key))}});
}

Result<json::object> checkpoint_json(AuditLog& audit, const TenantScope& scope, const AuditCheckpoint& checkpoint) {
  const crypto::NoteKey key = WD_TRY(audit.key(scope));
  const crypto::Checkpoint opened = WD_TRY(crypto::open_checkpoint(checkpoint.note, key));
  return json::object{{"size", checkpoint.entries},
                      {"root", to_hex(opened.head.root)},
                      {"time", to_rfc3339(checkpoint.time)},
                      {"note", checkpoint.note},
                      {"key", key.text()}};
}

std::optional<std::int64_t> size_parameter(const ApiRequest& request, std::string_view name) {
  if (!request.query(name)) return std::nullopt;
  return request.query_int(name);
}

Result<ApiResponse> get_checkpoint(AuditLog& audit, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  if (request.query("fresh").value_or("false") == "true") WD_TRY(audit.make_checkpoint(scope));
  const AuditCheckpoint found = WD_TRY(audit.checkpoint(scope, size_parameter(request, "size")));
  return json_response(WD_TRY(checkpoint_json(audit, scope, found)));
}

json::object to_json(const AuditWitness& witness) {
  return {{"agent", witness.agent.text()},
          {"key", witness.key.text()},
          {"size", witness.entries},
          {"time", to_rfc3339(witness.time)},
          {"note", witness.note}};
}

Result<ApiResponse> list_witnesses(AuditLog& audit, const ApiRequest& request) {
  constexpr std::int64_t kDefaultLimit = 100;
  const auto limit = static_cast<std::size_t>(request.query_int("limit", kDefaultLimit));
  const auto found = WD_TRY(audit.witnesses(request.tenant_scope(), limit, request.query("cursor").value_or("")));
  json::array items;
  for (const AuditWitness& witness : found) items.push_back(to_json(witness));
  const bool is_full = found.size() == limit;
  return json_response(json::object{{"items", std::move(items)},
                                    {"next_cursor", is_full ? json::value(found.back().agent.text()) : json::value()}});
}

json::array hashes_json(const std::vector<crypto::Digest>& hashes) {
  json::array out;
  for (const crypto::Digest& hash : hashes) out.emplace_back(to_hex(hash));
  return out;
}

/// The latest one that has entry `index`; a new one when it has to be made.
Result<AuditCheckpoint> covering(AuditLog& audit, const TenantScope& scope, std::int64_t index) {
  auto latest = audit.checkpoint(scope);
  if (latest && latest->entries >= index) return latest;
  return audit.make_checkpoint(scope);
}

Result<ApiResponse> prove_inclusion(AuditLog& audit, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const std::int64_t index = request.query_int("index");
  const auto wanted = size_parameter(request, "size");
  const auto checkpoint = wanted ? audit.checkpoint(scope, *wanted) : covering(audit, scope, index);
  // A proof to a size that was never signed is still a proof, for those who know a root of that size.
  if (!checkpoint && !(wanted && checkpoint.error().code == ErrorCode::NotFound)) return fail(checkpoint.error());
  const std::int64_t size = wanted ? *wanted : checkpoint->entries;
  if (!wanted && index > size) return fail(ErrorCode::NotFound, "audit: there is no entry " + std::to_string(index));
  const AuditInclusion in = WD_TRY(audit.prove_inclusion(scope, index, size));
  json::object body{
      {"index", index}, {"size", size}, {"leaf", in.leaf}, {"hashes", hashes_json(in.proof)}, {"checkpoint", nullptr}};
  if (checkpoint) body["checkpoint"] = WD_TRY(checkpoint_json(audit, scope, *checkpoint));
  return json_response(std::move(body));
}

Result<ApiResponse> prove_consistency(AuditLog& audit, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const std::int64_t from = request.query_int("from");
  const auto wanted = size_parameter(request, "to");
  const std::int64_t to = wanted ? *wanted : WD_TRY(audit.checkpoint(scope)).entries;
  const auto proof = WD_TRY(audit.prove_consistency(scope, from, to));
  return json_response(json::object{{"from", from}, {"to", to}, {"hashes", hashes_json(proof)}});
}

/// One line each: the key, then entries, behind each that was signed for its checkpoint. A file is whole when it ends
/// with a checkpoint of all entries.
struct ExportJob {
  AuditLog* audit = nullptr;
  TenantScope scope;
  std::string head;
  std::int64_t until = 0;
};

std::string line_of(std::string_view member, std::string_view json_text) {
  return "{\"" + std::string{member} + "\":" + std::string{json_text} + "}\n";
}

std::string text_line(std::string_view member, std::string_view text) {
  return line_of(member, json::serialize(json::string(text)));
}

Result<std::string> page_text(const ExportJob& job, std::int64_t& after) {
  constexpr std::size_t kPage = 500;
  const auto limit = static_cast<std::size_t>(std::min<std::int64_t>(kPage, job.until - after));
  const auto leaves = WD_TRY(job.audit->leaves(job.scope, after, limit));
  if (leaves.empty()) return fail(ErrorCode::Corrupt, "entries are missing after " + std::to_string(after));
  std::map<std::int64_t, std::string> notes;
  for (AuditCheckpoint& checkpoint : WD_TRY(job.audit->checkpoints(job.scope, after, leaves.back().index)))
    notes[checkpoint.entries] = std::move(checkpoint.note);
  std::string text;
  for (const AuditLeaf& leaf : leaves) {
    text += line_of("entry", leaf.leaf);
    if (const auto note = notes.find(leaf.index); note != notes.end()) text += text_line("checkpoint", note->second);
  }
  after = leaves.back().index;
  return text;
}

void run_export(const ExportJob& job, ResponseStream& stream, const std::stop_token& stop) {
  bool is_going = write_patiently(stream, job.head, stop);
  for (std::int64_t after = 0; is_going && after < job.until;) {
    const auto text = page_text(job, after);
    // The head of the answer, with its status, is long gone.
    const std::string problem = text ? "" : text_line("problem", "the export is not complete: " + text.error().message);
    is_going = write_patiently(stream, text ? *text : problem, stop) && text;
  }
  stream.close();
}

Result<ApiResponse> export_list(AuditLog& audit, const std::shared_ptr<ExportThreads>& threads,
                                const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const crypto::NoteKey key = WD_TRY(audit.key(scope));
  const AuditCheckpoint last = WD_TRY(audit.make_checkpoint(scope));
  ExportJob job{&audit, scope, text_line("key", key.text()), last.entries};
  ApiResponse response;
  response.headers = {{"content-type", "application/x-ndjson"},
                      {"content-disposition", "attachment; filename=\"audit.jsonl\""},
                      {"cache-control", "no-store"}};
  response.stream = [threads, job = std::move(job)](const std::shared_ptr<ResponseStream>& stream) {
    const bool is_started =
        threads->start([job, stream](const std::stop_token& stop) { run_export(job, *stream, stop); });
    if (is_started) return;
    stream->write(text_line("problem", "too many exports run at once; try again"));
    stream->close();
  };
  return response;
}

}  // namespace

void add_audit_routes(Routes& routes, AuditLog& audit, const VerifiedAudit& verified) {
  const auto add = [&](std::string_view id, Result<ApiResponse> (*answer)(AuditLog&, const ApiRequest&)) {
    routes.add(id, [&audit, answer](const ApiRequest& request) { return answer(audit, request); });
  };
  add("listAudit", list);
  add("getAuditEntry", get_entry);
  routes.add("verifyAudit", [&audit, verified](const ApiRequest& request) { return verify(audit, verified, request); });
  add("getAuditKey", get_key);
  add("getAuditCheckpoint", get_checkpoint);
  add("listAuditWitnesses", list_witnesses);
  add("proveAuditInclusion", prove_inclusion);
  add("proveAuditConsistency", prove_consistency);
  const auto threads = std::make_shared<ExportThreads>();
  routes.add("exportAudit",
             [&audit, threads](const ApiRequest& request) { return export_list(audit, threads, request); });
}

}  // namespace warder::manager
