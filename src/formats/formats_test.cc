#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "formats/attributes.h"
#include "formats/cef.h"
#include "formats/leef.h"
#include "formats/plain_json.h"
#include "formats/text.h"
#include "model/event_fields.h"

namespace warder::formats {
namespace {

OutgoingEvent event_of(ModuleKind module, std::string type) {
  OutgoingEvent out;
  out.event.time = parse_rfc3339("2026-11-22T10:00:00.5Z").value();
  out.event.id = parse_id<EventId>("0192f0c1-0000-7000-8000-000000000001").value();
  out.event.module = module;
  out.event.type = std::move(type);
  out.event.severity = Severity::High;
  out.received = out.event.time;
  out.agent = parse_id<AgentId>("0192f0c1-0000-7000-8000-0000000000aa").value();
  out.host = "web-1";
  out.tenant = parse_id<TenantId>("0192f0c1-0000-7000-8000-0000000000bb").value();
  out.tenant_name = "Example";
  out.title = "Something happened";
  return out;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST(Cef, HasHeaderAndDictionaryKeys) {
  OutgoingEvent event = event_of(ModuleKind::Firewall, "firewall.packet.denied");
  event.event.action = Action::Blocked;
  event.event.set("source.ip", "192.0.2.7");
  event.event.set("source.port", std::int64_t{5000});
  event.event.set("network.direction", "inbound");
  event.event.set("network.bytes", std::int64_t{60});
  const std::string line = render_cef(event, {});
  EXPECT_TRUE(
      line.starts_with("CEF:0|Warder|Warder Agent|1|firewall.packet.denied|firewall packet denied|8|"
                       "externalId=0192f0c1-0000-7000-8000-000000000001 rt=1795341600500 cat=firewall "
                       "act=blocked dvchost=web-1 deviceExternalId="))
      << line;
  EXPECT_TRUE(contains(line, " src=192.0.2.7 "));
  EXPECT_TRUE(contains(line, " in=60 deviceDirection=0 ") && contains(line, " spt=5000"));
  EXPECT_TRUE(contains(line, " cs2=Example cs2Label=Tenant "));
}

TEST(Cef, AnIPv6AddressIsNoSrc) {
  OutgoingEvent event = event_of(ModuleKind::Firewall, "firewall.packet.denied");
  event.event.set("source.ip", "2001:db8::7");
  const std::string line = render_cef(event, {});
  EXPECT_FALSE(contains(line, " src="));
  EXPECT_TRUE(contains(line, " c6a2=2001:db8::7 c6a2Label=Source IPv6 Address"));
}

TEST(Cef, EscapesWhatWouldBeReadAsSomethingElse) {
  OutgoingEvent event = event_of(ModuleKind::LogInspection, "log-inspection.rule.matched");
  event.event.set("rule.description", R"(a|b\c=d)");
  event.event.set("log.line", std::string("x=1 src=9.9.9.9\\\r\n\0|y", 21));
  const std::string line = render_cef(event, {});
  EXPECT_TRUE(contains(line, R"(|a\|b\\c=d|)")) << line;
  EXPECT_TRUE(contains(line, R"(cs5=x\=1 src\=9.9.9.9\\\r\n\\x00|y cs5Label)")) << line;
}

TEST(Cef, NeverHasALineEndOrAnEmptyValue) {
  OutgoingEvent event = event_of(ModuleKind::Integrity, "integrity.file.updated\nfoo");
  event.host = "a\nb\xff";
  event.tenant_name = "";
  event.event.set("file.path", "/tmp/\n\xff=|\\");
  for (const Names names : {Names::Warder, Names::DeepSecurity}) {
    RenderOptions options;
    options.names = names;
    const std::string line = render_cef(event, options);
    EXPECT_TRUE(std::ranges::none_of(line, [](char c) { return c >= 0 && c < 0x20; })) << line;
    EXPECT_FALSE(contains(line, "cs2=")) << line;
    EXPECT_TRUE(contains(line, R"(filePath=/tmp/\n\\xff\=|\\)")) << line;
  }
}

TEST(Cef, AValueThatIsTooLongIsCutAndSaysSo) {
  OutgoingEvent event = event_of(ModuleKind::Integrity, "integrity.file.updated");
  std::string path = "/";
  while (path.size() < 1022) path += "é";  // 1023 would end within a character
  event.event.set("file.path", path + "tail");
  const std::string line = render_cef(event, {});
  EXPECT_TRUE(contains(line, "filePath=" + path + " ")) << line;
  EXPECT_TRUE(line.ends_with("warderTruncated=true"));
}

TEST(Cef, EveryFieldIsThereAndEachKeyOnce) {
  for (const Names names : {Names::Warder, Names::DeepSecurity}) {
    for (const ModuleKind module : kModuleKinds) {
      OutgoingEvent event = event_of(module, std::string(name(module)) + ".file.infected");
      for (const EventField& field : event_fields()) {
        if (field.type == EventFieldType::Text) event.event.set(field.key, "value of " + std::string(field.key));
        if (field.type == EventFieldType::Integer) event.event.set(field.key, std::int64_t{7});
        if (field.type == EventFieldType::Boolean) event.event.set(field.key, true);
        if (field.type == EventFieldType::Time) event.event.set(field.key, std::int64_t{1'795'341'600'500'000});
        if (field.type == EventFieldType::Ip) event.event.set(field.key, "192.0.2.1");
      }
      RenderOptions options;
      options.names = names;
      std::set<std::string> keys;
      std::string values;
      for (const Attribute& attribute : attributes_of(event, options)) {
        EXPECT_TRUE(keys.insert(attribute.key).second) << attribute.key;
        values += attribute.value + "\n";
      }
      for (const auto& [key, value] : event.event.fields) {
        if (std::holds_alternative<std::string>(value)) {
          EXPECT_TRUE(contains(values, std::get<std::string>(value))) << key;
        }
      }
    }
  }
}

TEST(DeepSecurity, HasTheKeysAndNumbersThatParsersExpect) {
  RenderOptions options;
  options.names = Names::DeepSecurity;
  OutgoingEvent log = event_of(ModuleKind::LogInspection, "log-inspection.rule.matched");
  log.event.rule = "5712";
  log.event.set("rule.description", "brute force");
  log.event.set("log.source", "/var/log/auth.log");
  std::string line = render_cef(log, options);
  EXPECT_TRUE(line.starts_with("CEF:0|Trend Micro|Deep Security Agent|1|3005712|brute force|8|cn1=")) << line;
  EXPECT_TRUE(contains(line, " cs1=brute force cs1Label=LI Description fname=/var/log/auth.log"));

  OutgoingEvent packet = event_of(ModuleKind::Firewall, "firewall.packet.would-deny");
  packet.event.set("source.ip", "2001:db8::7");
  line = render_cef(packet, options);
  EXPECT_TRUE(contains(line, "|21|") && contains(line, " act=IDS:Deny ") && contains(line, " src=2001:db8::7 "))
      << line;

  OutgoingEvent malware = event_of(ModuleKind::AntiMalware, "anti-malware.file.infected");
  malware.event.action = Action::Quarantined;
  malware.event.set("malware.signature", "Eicar-Test");
  malware.event.set("malware.occasion", "open");
  line = render_cef(malware, options);
  EXPECT_TRUE(contains(line, "|4000000|Eicar-Test|8|") && contains(line, " act=Quarantine ") &&
              contains(line, " msg=Realtime "))
      << line;

  OutgoingEvent change = event_of(ModuleKind::Integrity, "integrity.file.renamed");
  change.event.set("file.path", "/etc/b");
  line = render_cef(change, options);
  EXPECT_TRUE(contains(line, "|30|") && contains(line, " act=renamed filePath=/etc/b")) << line;

  const std::string system = render_cef(event_of(ModuleKind::Manager, "signatures.published"), options);
  EXPECT_TRUE(system.starts_with("CEF:0|Trend Micro|Deep Security Manager|1|")) << system;
}

TEST(Leef, HasTabsBetweenAttributesAndNowhereElse) {
  OutgoingEvent event = event_of(ModuleKind::Integrity, "integrity|file.updated");
  event.title = "a\tb\nc\rd=e|f";
  event.event.set("user.name", "root");
  event.event.set("source.ip", "2001:db8::7");
  const std::string line = render_leef(event, {});
  EXPECT_TRUE(line.starts_with("LEEF:2.0|Warder|Warder Agent|1|integrity_file.updated|x09|cat=integrity\tname="))
      << line;
  EXPECT_TRUE(contains(line, "\tmsg=a b c d=e|f\t")) << line;
  EXPECT_TRUE(contains(line, "\tusrName=root") && contains(line, "\tsev=8\t") && contains(line, "\tsrc=2001:db8::7"));
  EXPECT_TRUE(contains(line, "\tdevTime=1795341600500\t"));
}

TEST(PlainJson, HoldsEverythingWhateverTheBytes) {
  OutgoingEvent event = event_of(ModuleKind::Integrity, "integrity.file.updated");
  const std::string hostile("\0\n|=\\\"\xff end", 11);
  event.event.set("file.path", hostile);
  event.event.set("count", std::int64_t{3});
  event.number = 12;
  const json::value parsed = parse_json(render_json(event, {})).value();
  EXPECT_EQ(parsed.at("fields").at("file.path").as_string(), (std::string("\0\n|=\\\"\\xff end", 14)));
  EXPECT_EQ(parsed.at("fields").at("count").as_int64(), 3);
  EXPECT_EQ(parsed.at("number").as_int64(), 12);
  EXPECT_EQ(parsed.at("tenant").at("name").as_string(), "Example");
}

TEST(Render, FitsIntoWhatTheReceiverTakes) {
  OutgoingEvent event = event_of(ModuleKind::LogInspection, "log-inspection.rule.matched");
  event.event.set("log.line", std::string(4000, '='));
  event.event.set("log.fields", std::string(4000, '\x01'));
  for (const FormatDescription& each : formats()) {
    SCOPED_TRACE(each.name);
    EXPECT_EQ(parse_format(each.name).value(), each.format);
    const std::string line = render_within(each.format, event, {}, 2048).value();
    EXPECT_LE(line.size(), 2048U);
    EXPECT_TRUE(contains(line, event.event.id.text()) && contains(to_lower_ascii(line), "truncated"));
    EXPECT_EQ(render_within(each.format, event, {}, 100).error().code, ErrorCode::TooLarge);
  }
  EXPECT_FALSE(parse_format("xml"));
}

}  // namespace
}  // namespace warder::formats
