// Log files: the first byte picks the format, the second the encoding and the size of the pieces; the rest is the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>

#include "records/record.h"

namespace {

using namespace warder::records;  // NOLINT(google-build-using-namespace): one file, one subject

constexpr std::size_t kMaxRecord = 512;

void require(bool holds) {
  if (!holds) std::abort();
}

const std::vector<FramingOptions>& options() {
  static const std::vector<FramingOptions> kAll = {
      {Format::Syslog, {}, kMaxRecord},
      {Format::Iis, {}, kMaxRecord},
      {Format::MySql, {}, kMaxRecord},
      {Format::PostgreSql, {}, kMaxRecord},
      {Format::SnortFull, {}, kMaxRecord},
      {Format::Audit, {}, kMaxRecord},
      {Format::MultiLine, {3, false, ""}, kMaxRecord},
      {Format::MultiLine, {0, true, ""}, kMaxRecord},
      {Format::MultiLine, {0, false, R"(^\d+ )"}, kMaxRecord},
  };
  return kAll;
}

std::vector<std::string> records(const FramingOptions& how, Encoding encoding, warder::ByteView bytes,
                                 std::size_t piece) {
  std::vector<std::string> all;
  const auto framing = make_framing(how);
  require(framing.has_value());
  const auto take = [&](Record record) {
    require(record.text.size() <= kMaxRecord && record.begin <= record.end && record.end <= bytes.size());
    all.push_back(std::move(record.text));
  };
  LineSplitter splitter(encoding, 0, kMaxRecord / 2);
  const auto add = [&](const Line& line) { (*framing)->add(line, take); };
  for (std::size_t i = 0; i < bytes.size(); i += piece)
    splitter.feed(bytes.subspan(i, std::min(piece, bytes.size() - i)), add);
  splitter.finish(add);
  const auto fresh = make_framing(how);
  (*fresh)->restore((*framing)->state());
  (*framing)->flush(take);
  require(!(*framing)->pending());
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const FramingOptions& how = options()[data[0] % options().size()];
  const auto encoding = static_cast<Encoding>(data[1] % 3);
  const std::size_t piece = 1 + data[1] / 3;
  const warder::ByteView bytes(data + 2, size - 2);
  require(records(how, encoding, bytes, piece) == records(how, encoding, bytes, size));
  return 0;
}
