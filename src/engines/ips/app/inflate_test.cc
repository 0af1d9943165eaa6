#include "engines/ips/app/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace warder::ips::app {
namespace {

Bytes deflated(std::string_view text) {
  Bytes out(compressBound(text.size()));
  uLongf size = out.size();
  compress(out.data(), &size, as_bytes(text).data(), text.size());
  out.resize(size);
  return out;
}

TEST(Inflate, GivesBackWhatWasCompressed) {
  const std::string text(100'000, 'a');
  EXPECT_EQ(as_text(inflate(Coding::Zlib, deflated(text), 1 << 20)), text);
}

TEST(Inflate, StopsAtTheLimit) {
  Bytes out;
  Inflater inflater(Coding::Zlib, 1000);
  EXPECT_EQ(inflater.push(deflated(std::string(100'000, 'a')), out), Inflater::State::OverLimit);
  EXPECT_EQ(out.size(), 1000U);
}

TEST(Inflate, TakesAnySplit) {
  const auto packed = deflated("a stream in pieces");
  Bytes out;
  Inflater inflater(Coding::Zlib, 1000);
  for (const auto byte : packed) inflater.push({&byte, 1}, out);
  EXPECT_EQ(as_text(out), "a stream in pieces");
  EXPECT_EQ(inflater.state(), Inflater::State::Ended);
}

TEST(Inflate, SaysWhenInputIsBroken) {
  Bytes out;
  EXPECT_EQ(Inflater(Coding::Gzip, 1000).push(as_bytes("not gzip at all"), out), Inflater::State::Broken);
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace warder::ips::app
