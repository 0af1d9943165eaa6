#include "manager/api/idempotency.h"

#include "base/json.h"
#include "crypto/hash.h"

namespace warder::manager {

namespace {

constexpr std::chrono::hours kKept{24};

Bytes digest_of(std::initializer_list<std::string_view> parts) {
  crypto::Sha256 hash;
  for (const std::string_view part : parts) {
    hash.update(as_bytes(std::to_string(part.size()) + ":"));
    hash.update(as_bytes(part));
  }
  const crypto::Digest digest = hash.finish();
  return {digest.begin(), digest.end()};
}

/// A key belongs to who sent it.
std::string row_key(const TenantScope& scope, std::string_view key) {
  return to_hex(digest_of({scope.actor(), key}));
}

std::string to_text(const HttpResponse& response) {
  json::object headers;
  for (const auto& [name, value] : response.headers) headers[name] = value;
  return json::serialize(
      json::object{{"status", response.status}, {"headers", std::move(headers)}, {"body", response.body}});
}

Result<HttpResponse> from_text(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text, 16 << 20));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "idempotency: not an answer");
  const json::object& object = value.get_object();
  HttpResponse response;
  response.status = static_cast<int>(WD_TRY(get_int(object, "status")));
  response.body = WD_TRY(get_string(object, "body"));
  for (const auto& [name, header] : *WD_TRY(get_object(object, "headers"))) {
    if (header.is_string()) response.headers[std::string(name)] = header.get_string();
  }
  response.headers["idempotency-replayed"] = "true";
  return response;
}

}  // namespace

Result<std::optional<HttpResponse>> IdempotencyStore::begin(const TenantScope& scope, std::string_view key,
                                                            const HttpRequest& request) {
  const std::string row = row_key(scope, key);
  const std::string work = scope.tenant().text() + row;
  {
    const std::lock_guard lock(mutex_);
    if (!at_work_.insert(work).second) {
      return fail(ErrorCode::Conflict, "a request with this idempotency key is being answered");
    }
  }
  const auto find = [&]() -> Result<std::optional<HttpResponse>> {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    const StmtHandle statement =
        WD_TRY(db->prepare("SELECT request_hash, answer FROM idempotency_keys WHERE id = ?1 AND created > ?2"));
    WD_TRY(statement->bind({row, to_micros(clock_.now() - kKept)}));
    const Row* found = WD_TRY(statement->step());
    if (found == nullptr) return std::optional<HttpResponse>{};
    if (found->bytes(0) != digest_of({request.method, request.path, request.body})) {
      return fail(ErrorCode::Invalid, "the idempotency key was used for another request");
    }
    const std::string text = WD_TRY(tenants_.open_text(scope, {"idempotency_keys", row, "answer"}, found->bytes(1)));
    return std::optional<HttpResponse>{WD_TRY(from_text(text))};
  };
  auto answer = find();
  if (!answer || *answer) {
    const std::lock_guard lock(mutex_);
    at_work_.erase(work);
  }
  return answer;
}

Result<void> IdempotencyStore::end(const TenantScope& scope, std::string_view key, const HttpRequest& request,
                                   const HttpResponse& response) {
  const std::string row = row_key(scope, key);
  const auto store = [&]() -> Result<void> {
    if (response.status >= 500) return {};
    const Timestamp now = clock_.now();
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    WD_TRY(db->execute("DELETE FROM idempotency_keys WHERE created <= ?1 OR id = ?2", {to_micros(now - kKept), row}));
    WD_TRY(db->execute(
        "INSERT INTO idempotency_keys (id, request_hash, answer, created) VALUES (?1, ?2, ?3, ?4)",
        {row, digest_of({request.method, request.path, request.body}),
         tenants_.seal_text(scope, {"idempotency_keys", row, "answer"}, to_text(response)), to_micros(now)}));
    return tx.commit();
  };
  auto stored = store();
  const std::lock_guard lock(mutex_);
  at_work_.erase(scope.tenant().text() + row);
  return stored;
}

FeatureSchema idempotency_schema() {
  return {
      "idempotency",
      {{1,
        "idempotency keys",
        {"CREATE TABLE idempotency_keys (id TEXT PRIMARY KEY, request_hash BLOB NOT NULL, answer BLOB NOT NULL, "
         "created BIGINT NOT NULL)",
         "CREATE INDEX idempotency_created ON idempotency_keys (created)"}}},
      {{"idempotency_keys", "id", PersonalData::None},
       {"idempotency_keys", "request_hash", PersonalData::None},
       {"idempotency_keys", "answer", PersonalData::Content, "id"},
       {"idempotency_keys", "created", PersonalData::None}},
  };
}

}  // namespace warder::manager
