// Images of compiled rules whose digest is right: whatever stands in them, they are refused or can be used. The tables
// of the multi-pattern matcher are its own and stay as they are: nobody but root and the reader may write an image.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "engines/loginspection/compiled.h"
#include "engines/loginspection/image.h"
#include "engines/loginspection/image_archive.h"

namespace {

using namespace warder::loginspection;

Definition definition() {
  Definition made;
  made.decoders = {{"decoders", R"(
    <decoder name="shop"><program_name>^shop</program_name></decoder>
    <decoder name="shop-a"><parent>shop</parent><prematch>^login </prematch>
      <regex offset="after_prematch">^(\w+) for (\S+)</regex><order>status, user</order><fts>name, user</fts></decoder>
    <decoder name="json"><prematch>^{</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>)"}};
  made.rules = {{"rules", R"(<group name="g,">
    <rule id="1" level="0" noalert="1"><category>syslog</category><description>x</description></rule>
    <rule id="20" level="3"><match>login</match><srcip>!192.0.2.0/24</srcip><description>$(user)</description></rule>
    <rule id="21" level="9" frequency="2" ignore="3"><if_matched_sid>20</if_matched_sid><same_user/>
      <description>x</description></rule>
    <rule id="22" level="4"><if_sid>20</if_sid><list field="user" lookup="match_key">etc/lists/l</list>
      <time>1 am - 5 am</time><description>x</description></rule></group>)"}};
  made.lists = {{"etc/lists/l", "eve:1\n"}};
  made.sigma = {{"sigma", R"(
title: x
logsource: {product: linux}
detection: {sel: {user|startswith: ev}, condition: sel}
level: high)"}};
  return made;
}

struct Parts {
  std::string magic;
  std::uint64_t version = 0;
  std::string prefilter;
  std::string rest;
};

Parts parts() {
  const auto compiled = check(definition()).compiled;
  const std::string whole = save_image(*compiled, "fuzz");
  ImageReader image(warder::as_bytes(whole));
  Parts made;
  made.magic = image.text();
  made.version = image.integer();
  image.text();
  image.text();
  const std::string_view body = image.text();
  ImageWriter prefilter;
  static_cast<void>(compiled->prefilter.write(prefilter));
  made.prefilter = std::move(prefilter).take();
  made.rest = body.substr(made.prefilter.size());
  return made;
}

std::string seal(const Parts& parts, std::string_view body) {
  ImageWriter image;
  image.text(parts.magic);
  image.integer(parts.version);
  image.text("fuzz");
  image.text(warder::as_text(warder::crypto::sha256(warder::as_bytes(body))));
  image.text(body);
  return std::move(image).take();
}

/// Single bytes of a good body replaced: (place, byte) after (place, byte).
std::string damaged(std::string body, std::string_view changes) {
  for (std::size_t i = 0; i + 2 < changes.size(); i += 3) {
    const auto high = static_cast<unsigned char>(changes[i]);
    const auto low = static_cast<unsigned char>(changes[i + 1]);
    body[(high * 256U + low) % body.size()] = changes[i + 2];
  }
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Parts kParts = parts();
  if (size == 0 || size > 64 << 10) return 0;
  const std::string_view text = warder::as_text({data + 1, size - 1});
  const std::string rest = (data[0] & 1) != 0 ? std::string(text) : damaged(kParts.rest, text);
  const std::string image = seal(kParts, kParts.prefilter + rest);
  const auto loaded = load_image(warder::as_bytes(image), "fuzz");
  if (!loaded) return 0;
  Engine engine(*loaded);
  for (const char* line :
       {"Nov 25 10:00:01 web shop[3]: login failed for eve", R"({"user": "eve", "a": {"b": "login"}})",
        "Nov 25 10:00:01 web shop[3]: login ok for eve", "nothing"}) {
    for (int i = 0; i < 2; ++i) engine.inspect({line, "fuzz", "here", {}, 0});
  }
  return 0;
}
