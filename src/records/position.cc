#include "records/position.h"

#include <array>

#include "base/json.h"
#include "crypto/hash.h"

namespace warder::records {
namespace {

constexpr std::size_t kMaxText = 8 << 20;

Result<FilePosition> parse_position(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "position: not an object");
  const json::object& object = value.get_object();
  FilePosition position;
  const auto number = [&](std::string_view key) -> Result<std::uint64_t> {
    return static_cast<std::uint64_t>(WD_TRY(get_int(object, key)));
  };
  position.path = WD_TRY(get_string(object, "path"));
  position.device = WD_TRY(number("device"));
  position.inode = WD_TRY(number("inode"));
  position.offset = WD_TRY(number("offset"));
  position.modified_ns = WD_TRY(get_int(object, "modified_ns"));
  position.head.bytes = WD_TRY(number("head_bytes"));
  position.head.digest = WD_TRY(get_string(object, "head"));
  position.is_retired = WD_TRY(get_bool(object, "retired"));
  position.is_closed = WD_TRY(get_bool(object, "closed"));
  position.state = WD_TRY(get_string(object, "state"));
  if (position.head.bytes > kMaxHeadBytes) return fail(ErrorCode::Corrupt, "position: head_bytes");
  return position;
}

// Of at most as many bytes.
Result<Head> read_most(host::LogFile& file, std::size_t bytes) {
  std::array<std::uint8_t, kMaxHeadBytes> buffer{};
  const std::size_t wanted = std::min(bytes, buffer.size());
  std::size_t have = 0;
  while (have < wanted) {
    const std::size_t count = WD_TRY(file.read(have, std::span(buffer).subspan(have, wanted - have)));
    if (count == 0) break;
    have += count;
  }
  if (have == 0) return Head{};
  return Head{have, to_hex(crypto::sha256(ByteView(buffer.data(), have)))};
}

}  // namespace

Result<Head> read_head(host::LogFile& file, std::size_t bytes) {
  Head head = WD_TRY(read_most(file, bytes));
  return head.bytes == std::min(bytes, kMaxHeadBytes) ? head : Head{};
}

Result<Head> read_head_of(host::LogFile& file) {
  return read_most(file, kMaxHeadBytes);
}

bool begins_with(host::LogFile& file, const Head& head) {
  if (head.bytes == 0) return true;
  const auto read = read_head(file, head.bytes);
  return read && *read == head;
}

std::string to_text(const std::vector<FilePosition>& positions) {
  json::array all;
  for (const FilePosition& position : positions) {
    all.push_back(json::object{{"path", position.path},
                               {"device", static_cast<std::int64_t>(position.device)},
                               {"inode", static_cast<std::int64_t>(position.inode)},
                               {"offset", static_cast<std::int64_t>(position.offset)},
                               {"modified_ns", position.modified_ns},
                               {"head_bytes", static_cast<std::int64_t>(position.head.bytes)},
                               {"head", position.head.digest},
                               {"retired", position.is_retired},
                               {"closed", position.is_closed},
                               {"state", position.state}});
  }
  return json::serialize(all);
}

Result<std::vector<FilePosition>> parse_positions(std::string_view text) {
  const auto parsed = parse_json(text, kMaxText);
  if (!parsed || !parsed->is_array()) return fail(ErrorCode::Corrupt, "positions: not a JSON array");
  std::vector<FilePosition> positions;
  for (const json::value& value : parsed->get_array()) {
    auto position = parse_position(value);
    if (!position) return fail(ErrorCode::Corrupt, position.error().message);
    positions.push_back(std::move(*position));
  }
  return positions;
}

}  // namespace warder::records
