#include "manager/events/event_cursor.h"

#include "crypto/hash.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMacBytes = 16;

void append_time(Bytes& out, const std::optional<Timestamp>& time) {
  out.push_back(time ? 1 : 0);
  append_u64be(out, time ? static_cast<std::uint64_t>(to_micros(*time)) : 0);
}

Bytes mac(ByteView key, const EventSelection& selection, ByteView place) {
  Bytes message{place.begin(), place.end()};
  append_time(message, selection.from);
  append_time(message, selection.to);
  message.push_back(static_cast<std::uint8_t>(selection.order));
  append(message, as_bytes(print_filter(selection.filter)));
  const crypto::Digest digest = crypto::hmac_sha256(key, message);
  return {digest.begin(), digest.begin() + kMacBytes};
}

}  // namespace

std::string write_cursor(ByteView key, const EventSelection& selection, const EventCursor& cursor) {
  Bytes bytes;
  append_u64be(bytes, static_cast<std::uint64_t>(cursor.rank));
  append_u64be(bytes, static_cast<std::uint64_t>(to_micros(cursor.time)));
  append(bytes, cursor.id.uuid.bytes);
  append(bytes, mac(key, selection, bytes));
  return to_base64url(bytes);
}

Result<EventCursor> read_cursor(ByteView key, const EventSelection& selection, std::string_view text) {
  const auto mismatch = [] {
    return fail(ErrorCode::Invalid, "cursor-mismatch: the cursor belongs to another list; start without one");
  };
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != 2 * sizeof(std::uint64_t) + sizeof(Uuid) + kMacBytes) return mismatch();
  const ByteView place = ByteView{*bytes}.first(bytes->size() - kMacBytes);
  if (!crypto::equals_constant_time(mac(key, selection, place), ByteView{*bytes}.last(kMacBytes))) return mismatch();
  Reader reader{place};
  const auto rank = static_cast<std::int64_t>(WD_TRY(reader.u64be()));
  const std::uint64_t time = WD_TRY(reader.u64be());
  return EventCursor{from_micros(static_cast<std::int64_t>(time)),
                     EventId{WD_TRY(uuid_from_bytes(WD_TRY(reader.take(sizeof(Uuid)))))}, rank};
}

}  // namespace warder::manager
