#include "manager/webauthn/cbor.h"

#include <limits>

namespace warder::manager {

namespace {

constexpr int kLevels = 4;  // CTAP2 allows no more

enum Major : unsigned { kUnsigned = 0, kNegative = 1, kBytes = 2, kText = 3, kArray = 4, kMap = 5, kSimple = 7 };

tl::unexpected<Error> corrupt(const char* why) {
  return fail(ErrorCode::Corrupt, std::string("CBOR: ") + why);
}

}  // namespace

Result<CborReader::Head> CborReader::head() {
  const std::uint8_t first = WD_TRY(reader_.u8());
  const unsigned major = first >> 5U;
  const unsigned info = first & 31U;
  std::uint64_t value = info;
  std::uint64_t least = 0;  // that needs so many bytes
  if (info == 24) {
    value = WD_TRY(reader_.u8());
    least = 24;
  } else if (info == 25) {
    value = WD_TRY(reader_.u16be());
    least = 0x100;
  } else if (info == 26) {
    value = WD_TRY(reader_.u32be());
    least = 0x1'0000;
  } else if (info == 27) {
    value = WD_TRY(reader_.u64be());
    least = 0x1'0000'0000;
  } else if (info > 27) {
    return corrupt("a length that is not given");
  }
  // Of the simple values only false, true and null: no floats, nothing that is not assigned.
  if (major == kSimple && (info < 20 || info > 22)) return corrupt("a simple value that does not belong here");
  if (value < least) return corrupt("a number in more bytes than it needs");
  return Head{major, value};
}

Result<CborReader::Head> CborReader::head_of(unsigned major) {
  const Head found = WD_TRY(head());
  if (found.major != major) return corrupt("not of the type that belongs here");
  return found;
}

Result<ByteView> CborReader::take(std::uint64_t size) {
  if (size > reader_.remaining()) return corrupt("cut off");
  return reader_.take(size);
}

Result<std::uint64_t> CborReader::map() {
  return WD_TRY(head_of(kMap)).value;
}

Result<std::string_view> CborReader::text() {
  return as_text(WD_TRY(take(WD_TRY(head_of(kText)).value)));
}

Result<ByteView> CborReader::bytes() {
  return take(WD_TRY(head_of(kBytes)).value);
}

Result<std::int64_t> CborReader::integer() {
  const Head found = WD_TRY(head());
  if (found.major != kUnsigned && found.major != kNegative) return corrupt("not an integer");
  if (found.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return corrupt("an integer that is too large");
  const auto value = static_cast<std::int64_t>(found.value);
  return found.major == kUnsigned ? value : -1 - value;
}

Result<void> CborReader::skip() {
  return skip(kLevels);
}

Result<void> CborReader::skip(int levels) {
  const Head found = WD_TRY(head());
  if (found.major == kBytes || found.major == kText) {
    WD_TRY(take(found.value));
    return {};
  }
  if (found.major != kArray && found.major != kMap) {
    if (found.major == 6) return corrupt("a tag");
    return {};
  }
  if (levels == 0) return corrupt("too deep");
  // Each item is a byte at least, so that a count beyond what is there ends soon.
  for (std::uint64_t i = 0; i < found.value; ++i) {
    WD_TRY(skip(levels - 1));
    if (found.major == kMap) WD_TRY(skip(levels - 1));
  }
  return {};
}

}  // namespace warder::manager
