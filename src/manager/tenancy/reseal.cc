#include "manager/tenancy/reseal.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "manager/tenancy/key_store.h"

namespace warder::manager {
namespace {

/// How the boxes of one owner are opened and sealed.
struct Sealer {
  std::string owner;
  std::function<Result<Bytes>(const SealedPlace&, ByteView)> open;
  std::function<Bytes(const SealedPlace&, ByteView)> seal;
};

struct Box {
  std::string row;
  Bytes bytes;
};

struct Column {
  const StoredField& field;
  KeyClass key_class;
  std::string row;  // SQL: its row's key as text, whatever the column of the key is
};

/// Those after the row `after`, or the first when it is absent.
Result<std::vector<Box>> read_boxes(Db& db, const Column& column, const std::optional<std::string>& after,
                                    std::size_t limit) {
  std::string sql = "SELECT " + column.row + ", " + std::string{column.field.column} + " FROM " +
                    std::string{column.field.table} + " WHERE " + std::string{column.field.column} + " IS NOT NULL";
  if (after) sql += " AND " + column.row + " > ?2";
  const StmtHandle statement = WD_TRY(db.prepare(sql + " ORDER BY 1 LIMIT ?1"));
  std::vector<DbValue> values{static_cast<std::int64_t>(limit)};
  if (after) values.emplace_back(*after);
  WD_TRY(statement->bind(std::span<const DbValue>{values}));
  std::vector<Box> boxes;
  while (const Row* row = WD_TRY(statement->step())) boxes.push_back({row->text(0), row->bytes(1)});
  return boxes;
}

/// Whether it was still the box that was read.
Result<bool> replace(Db& db, const Column& column, const Box& box, const Bytes& with) {
  const std::string name{column.field.column};
  const std::int64_t changed = WD_TRY(db.execute("UPDATE " + std::string{column.field.table} + " SET " + name +
                                                     " = ?3 WHERE " + column.row + " = ?1 AND " + name + " = ?2",
                                                 {box.row, box.bytes, with}));
  return changed > 0;
}

Result<void> reseal_batch(Db& db, const Sealer& sealer, const Column& column, std::span<const Box> old,
                          ResealReport& report) {
  if (old.empty()) return {};
  Tx transaction = WD_TRY(Tx::begin(db));
  for (const Box& box : old) {
    const SealedPlace place{column.field.table, box.row, column.field.column};
    Result<Bytes> text = sealer.open(place, box.bytes);
    if (!text && text.error().code != ErrorCode::Corrupt) return fail(text.error().code, text.error().message);
    if (!text) {
      ++report.broken;
      continue;
    }
    const Bytes renewed = sealer.seal(place, *text);
    OPENSSL_cleanse(text->data(), text->size());
    if (WD_TRY(replace(db, column, box, renewed))) ++report.sealed;
  }
  return transaction.commit();
}

Result<void> reseal_column(Pool& pool, const KeyStore& keys, const Sealer& sealer, const Column& column,
                           std::pair<std::size_t, ResealReport&> work) {
  auto& [batch, report] = work;
  auto db = WD_TRY(pool.acquire());
  std::optional<std::string> after;
  for (;;) {
    std::vector<Box> boxes = WD_TRY(read_boxes(*db, column, after, batch));
    if (boxes.empty()) return {};
    report.seen += boxes.size();
    after = boxes.back().row;
    const auto ring = keys.ring(sealer.owner);
    std::erase_if(boxes, [&](const Box& box) {
      const auto header = crypto::read_sealed_header(box.bytes);
      return header && ring->is_current(column.key_class, *header);
    });
    WD_TRY(reseal_batch(*db, sealer, column, boxes, report));
  }
}

Result<ResealReport> reseal_all(Pool& pool, const KeyStore& keys, std::span<const FeatureSchema> schemas,
                                const Sealer& sealer, std::size_t batch) {
  const KeyClasses classes{schemas};
  ResealReport report;
  for (const FeatureSchema& schema : schemas) {
    for (const StoredField& field : schema.fields) {
      if (field.sealed_row.empty()) continue;
      const Column column{field, classes.of({field.table, {}, field.column}),
                          "CAST(" + std::string{field.sealed_row} + " AS TEXT)"};
      WD_TRY(reseal_column(pool, keys, sealer, column, {batch, report})
                 .in(std::string{field.table}.append(".").append(field.column)));
    }
  }
  return report;
}

bool has_old_epochs(const KeyRing& ring) {
  return std::ranges::any_of(ring.class_keys(), [](const auto& keys) { return keys.second.size() > 1; });
}

/// `pass` seals anew; a second one that finds nothing to do shows that no box of an older epoch is left.
Result<ResealReport> renew(KeyStore& keys, const std::string& owner, Timestamp now, bool all,
                           const std::function<Result<ResealReport>()>& pass) {
  const auto ring = keys.ring(owner);
  const bool is_rotated = has_old_epochs(*ring);
  if (!is_rotated && !all) return ResealReport{};
  ResealReport report = WD_TRY(pass());
  if (!is_rotated || report.sealed > 0 || report.broken > 0) return report;
  WD_TRY(keys.retire(*ring, now));
  return report;
}

}  // namespace

Result<ResealReport> reseal(Tenants& tenants, const TenantScope& scope, std::size_t batch) {
  const Sealer sealer{
      scope.tenant().text(),
      [&](const SealedPlace& place, ByteView box) -> Result<Bytes> {
        std::string text = WD_TRY(tenants.open_text(scope, place, box));
        const ByteView bytes = as_bytes(text);
        Bytes copy{bytes.begin(), bytes.end()};
        OPENSSL_cleanse(text.data(), text.size());
        return copy;
      },
      [&](const SealedPlace& place, ByteView text) { return tenants.seal_text(scope, place, as_text(text)); }};
  return reseal_all(tenants.config(scope), tenants.keys(), tenants.tenant_schemas(), sealer, batch);
}

Result<ResealReport> reseal_control(Tenants& tenants, std::size_t batch) {
  const Sealer sealer{std::string{kControlOwner},
                      [&](const SealedPlace& place, ByteView box) { return tenants.open_control(place, box); },
                      [&](const SealedPlace& place, ByteView text) { return tenants.seal_control(place, text); }};
  return reseal_all(tenants.control(), tenants.keys(), tenants.control_schemas(), sealer, batch);
}

Result<ResealReport> renew_seals(Tenants& tenants, const TenantScope& scope, Timestamp now, bool all) {
  return renew(tenants.keys(), scope.tenant().text(), now, all, [&] { return reseal(tenants, scope); });
}

Result<ResealReport> renew_control_seals(Tenants& tenants, Timestamp now, bool all) {
  return renew(tenants.keys(), std::string{kControlOwner}, now, all, [&] { return reseal_control(tenants); });
}

}  // namespace warder::manager
