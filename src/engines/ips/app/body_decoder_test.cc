#include "engines/ips/app/body_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace warder::ips::app {
namespace {

constexpr std::string_view kText =
    "{\"sdk_version\":11026,\"app_package\":\"com.example\",\"app_version\":\"1.7.4\",\"device_id\":\"3506729\"}";

Bytes packed(ByteView bytes, int window_bits) {
  z_stream z{};
  deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  Bytes in(bytes.begin(), bytes.end());
  Bytes out(bytes.size() + 100);
  z.next_in = in.data();
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}
constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;

std::string decoded(std::string_view codings, ByteView body, std::size_t piece) {
  BodyDecoder decoder(codings, 3, 1 << 20);
  std::string out;
  for (std::size_t i = 0; i < body.size(); i += piece)
    decoder.push(body.subspan(i, std::min(piece, body.size() - i)), [&](ByteView bytes) { out += as_text(bytes); });
  return out;
}

TEST(BodyDecoder, UndoesCodingsInPiecesOfAnySize) {
  const auto plain = as_bytes(kText);
  struct Case {
    std::string_view codings;
    Bytes body;
  };
  const Case cases[] = {
      {"gzip", packed(plain, kGzip)},
      {"deflate", packed(plain, kZlib)},
      {"deflate, gzip", packed(packed(plain, kZlib), kGzip)},
      {"identity", Bytes(plain.begin(), plain.end())},
      {"gzip", Bytes(plain.begin(), plain.end())},
      {"deflate", Bytes(plain.begin(), plain.end())},
      {"gzip, gzip", packed(plain, kGzip)},
      {"br", Bytes(plain.begin(), plain.end())},
  };
  for (const auto& c : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, c.body.size()}) {
      SCOPED_TRACE(std::string(c.codings) + " " + std::to_string(c.body.size()) + "/" + std::to_string(piece));
      EXPECT_EQ(decoded(c.codings, c.body, piece), kText);
    }
  }
}

TEST(BodyDecoder, TakesWhatFollowsABrokenStreamAsItIs) {
  auto body = packed(as_bytes(std::string(200, 'a') + std::string(kText)), kGzip);
  const std::string tail = " followed by plain text, ";
  Bytes all(body.begin(), body.end());
  append(all, as_bytes(tail));
  EXPECT_NE(decoded("gzip", all, 1).find("plain text"), std::string::npos);
}

}  // namespace
}  // namespace warder::ips::app
