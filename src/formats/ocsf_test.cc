#include "formats/ocsf.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::formats {
namespace {

class Ocsf : public ::testing::Test {
 protected:
  Ocsf() {
    event_.event.time = parse_rfc3339("2026-11-22T10:00:00.5Z").value();
    event_.event.id = parse_id<EventId>("0192f0c1-0000-7000-8000-000000000001").value();
    event_.received = event_.event.time;
    event_.agent = parse_id<AgentId>("0192f0c1-0000-7000-8000-0000000000aa").value();
    event_.host = "web-1";
    event_.tenant = parse_id<TenantId>("0192f0c1-0000-7000-8000-0000000000bb").value();
    event_.title = "Something happened";
  }

  json::object render(ModuleKind module, std::string type) {
    event_.event.module = module;
    event_.event.type = std::move(type);
    return parse_json(render_ocsf(event_, options_)).value().as_object();
  }

  OutgoingEvent event_;
  RenderOptions options_;
};

std::string uid_of(const json::object& ocsf) {
  return std::string(ocsf.at("finding_info").at("uid").as_string());
}

TEST_F(Ocsf, MalwareIsADetectionFindingWithItsFile) {
  event_.event.severity = Severity::High;
  event_.event.action = Action::Quarantined;
  event_.event.rule = "Eicar-Test";
  event_.event.set("malware.signature", "Eicar-Test");
  event_.event.set("malware.engine", "builtin");
  event_.event.set("file.path", "/tmp/eicar.com");
  event_.event.set("file.hash.sha256", "9f86");
  const json::object ocsf = render(ModuleKind::AntiMalware, "anti-malware.file.infected");
  EXPECT_EQ(ocsf.at("class_uid").as_int64(), 2004);
  EXPECT_EQ(ocsf.at("type_uid").as_int64(), 200401);
  EXPECT_EQ(ocsf.at("severity_id").as_int64(), 4);
  EXPECT_EQ(ocsf.at("time").as_int64(), 1'795'341'600'500);
  EXPECT_EQ(ocsf.at("action_id").as_int64(), 2);
  EXPECT_EQ(ocsf.at("disposition").as_string(), "Quarantined");
  EXPECT_EQ(ocsf.at("message").as_string(), "Something happened");
  EXPECT_EQ(ocsf.at("metadata").at("uid").as_string(), event_.event.id.text());
  EXPECT_EQ(ocsf.at("device").at("hostname").as_string(), "web-1");
  const json::value& malware = ocsf.at("malware").at(0);
  EXPECT_EQ(malware.at("name").as_string(), "Eicar-Test");
  EXPECT_EQ(malware.at("files").at(0).at("name").as_string(), "eicar.com");
  EXPECT_EQ(ocsf.at("evidences").at(0).at("file").at("hashes").at(0).at("value").as_string(), "9f86");
  EXPECT_FALSE(ocsf.contains("unmapped"));
}

TEST_F(Ocsf, APacketIsNetworkActivityWithItsRule) {
  event_.event.action = Action::Blocked;
  event_.event.rule = "deny-ssh";
  event_.event.set("source.ip", "2001:db8::7");
  event_.event.set("source.port", std::int64_t{70'000});  // is none
  event_.event.set("network.direction", "inbound");
  const json::object ocsf = render(ModuleKind::Firewall, "firewall.packet.denied");
  EXPECT_EQ(ocsf.at("type_uid").as_int64(), 400105);
  EXPECT_EQ(ocsf.at("src_endpoint").at("ip").as_string(), "2001:db8::7");
  EXPECT_FALSE(ocsf.at("src_endpoint").as_object().contains("port"));
  EXPECT_EQ(ocsf.at("unmapped").at("source.port").as_int64(), 70'000);
  EXPECT_EQ(ocsf.at("firewall_rule").at("uid").as_string(), "deny-ssh");
  EXPECT_EQ(ocsf.at("connection_info").at("direction_id").as_int64(), 1);
  EXPECT_EQ(ocsf.at("disposition_id").as_int64(), 2);
}

TEST_F(Ocsf, APacketWithoutAddressesComesFromTheHostItself) {
  event_.event.set("network.direction", "outbound");
  const json::object ocsf = render(ModuleKind::Firewall, "firewall.packet.refused");
  EXPECT_EQ(ocsf.at("src_endpoint").at("hostname").as_string(), "web-1");
  event_.host.clear();
  event_.agent.reset();
  EXPECT_EQ(render(ModuleKind::Firewall, "firewall.packet.refused").at("class_uid").as_int64(), 0);
}

TEST_F(Ocsf, KindsOfFilesAreThoseOfOcsf) {
  struct Row {
    const char* type;
    int type_id;
    const char* caption;
  };
  event_.event.set("file.path", "/run/x");
  for (const Row& row :
       {Row{"file", 1, "Regular File"}, Row{"directory", 2, "Folder"}, Row{"socket", 5, "Local Socket"},
        Row{"fifo", 6, "Named Pipe"}, Row{"symlink", 7, "Symbolic Link"}, Row{"device", 99, "device"}}) {
    event_.event.set("file.type", row.type);
    const json::value file = render(ModuleKind::Integrity, "integrity.file.updated").at("file");
    EXPECT_EQ(file.at("type_id").as_int64(), row.type_id);
    EXPECT_EQ(file.at("type").as_string(), row.caption);
  }
}

TEST_F(Ocsf, ALoginIsAnAuthenticationAndAnAttackAFinding) {
  event_.event.rule = "710103";
  event_.event.set("user.name", "root");
  event_.event.set("log.program", "sshd");
  event_.event.set("source.ip", "192.0.2.7");
  event_.event.set("rule.attack", "T1110.001");
  event_.event.set("rule.groups", "warder,syslog,sshd,authentication_failed");
  json::object ocsf = render(ModuleKind::LogInspection, "log-inspection.rule.matched");
  EXPECT_EQ(ocsf.at("type_uid").as_int64(), 300201);
  EXPECT_EQ(ocsf.at("status").as_string(), "Failure");
  EXPECT_EQ(ocsf.at("user").at("name").as_string(), "root");
  EXPECT_EQ(ocsf.at("service").at("name").as_string(), "sshd");
  EXPECT_EQ(ocsf.at("attacks").at(0).at("technique").at("uid").as_string(), "T1110");
  EXPECT_EQ(ocsf.at("attacks").at(0).at("sub_technique").at("uid").as_string(), "T1110.001");
  EXPECT_EQ(ocsf.at("unmapped").at("rule").as_string(), "710103");
  event_.event.set("rule.groups", "warder,syslog,sshd,authentication_success,attack");
  ocsf = render(ModuleKind::LogInspection, "log-inspection.rule.matched");
  EXPECT_EQ(ocsf.at("type_uid").as_int64(), 200401);
  EXPECT_EQ(ocsf.at("finding_info").at("attacks"), ocsf.at("attacks"));
}

TEST_F(Ocsf, ALoginNamesTheServiceOrTheHost) {
  event_.event.set("user.name", "root");
  event_.event.set("rule.groups", "authentication_success");
  const json::object ocsf = render(ModuleKind::LogInspection, "log-inspection.rule.matched");
  EXPECT_EQ(ocsf.at("status").as_string(), "Success");
  EXPECT_EQ(ocsf.at("dst_endpoint").at("hostname").as_string(), "web-1");
  EXPECT_FALSE(ocsf.contains("service"));
  event_.host.clear();
  event_.agent.reset();
  EXPECT_EQ(render(ModuleKind::LogInspection, "log-inspection.rule.matched").at("class_uid").as_int64(), 0);
}

TEST_F(Ocsf, AScanCountsWhatItSawAndWhatItFound) {
  event_.event.set("count", std::int64_t{1'000});
  event_.event.set("scan.infected", std::int64_t{2});
  event_.event.set("scan.suspicious", std::int64_t{3});
  const json::object scan = render(ModuleKind::AntiMalware, "anti-malware.scan.finished");
  EXPECT_EQ(scan.at("num_files").as_int64(), 1'000);
  EXPECT_EQ(scan.at("num_detections").as_int64(), 5);
  EXPECT_EQ(scan.at("unmapped").at("scan.suspicious").as_int64(), 3);
  const json::object comparison = render(ModuleKind::Integrity, "integrity.rescan.finished");
  EXPECT_EQ(comparison.at("num_detections").as_int64(), 1'000);
  EXPECT_FALSE(comparison.contains("num_files"));
}

TEST_F(Ocsf, ARenamedFileHasBothNames) {
  event_.event.set("file.path", "/etc/b");
  event_.event.set("file.path.was", "/etc/a");
  const json::object ocsf = render(ModuleKind::Integrity, "integrity.file.renamed");
  EXPECT_EQ(ocsf.at("type_uid").as_int64(), 100105);
  EXPECT_EQ(ocsf.at("file").at("path").as_string(), "/etc/a");
  EXPECT_EQ(ocsf.at("file_result").at("path").as_string(), "/etc/b");
  EXPECT_EQ(ocsf.at("actor").at("user").at("name").as_string(), "Unknown");
}

TEST_F(Ocsf, ReconnaissanceEndsAsTheFindingThatItBegan) {
  event_.event.set("source.ip", "192.0.2.7");
  event_.event.set("firewall.recon", "port-scan");
  const json::object begun = render(ModuleKind::Firewall, "firewall.recon.detected");
  event_.event.id = parse_id<EventId>("0192f0c1-0000-7000-8000-000000000002").value();
  const json::object ended = render(ModuleKind::Firewall, "firewall.recon.ended");
  EXPECT_EQ(uid_of(begun), uid_of(ended));
  EXPECT_EQ(ended.at("activity_name").as_string(), "Close");
  EXPECT_EQ(ended.at("status").as_string(), "Resolved");
  event_.event.set("source.ip", "192.0.2.8");
  EXPECT_NE(uid_of(begun), uid_of(render(ModuleKind::Firewall, "firewall.recon.ended")));
}

TEST_F(Ocsf, WhatLacksWhatItsClassDemandsIsABaseEvent) {
  event_.event.set("file.size", std::int64_t{7});
  const json::object ocsf = render(ModuleKind::Integrity, "integrity.file.updated");  // which file?
  EXPECT_EQ(ocsf.at("class_uid").as_int64(), 0);
  EXPECT_EQ(ocsf.at("type_uid").as_int64(), 99);
  EXPECT_EQ(ocsf.at("unmapped").at("file.size").as_int64(), 7);
  event_.agent.reset();
  event_.host.clear();
  event_.event.set("file.path", "/etc/a");
  EXPECT_EQ(render(ModuleKind::Integrity, "integrity.file.updated").at("class_uid").as_int64(), 0);
  EXPECT_EQ(render(ModuleKind::Manager, "of.nobody").at("class_uid").as_int64(), 0);
}

TEST_F(Ocsf, AValueThatIsTooLongIsCutAndSaysSo) {
  options_.max_value_bytes = 16;
  event_.event.set("log.line", std::string(100, 'x'));
  event_.event.set("source.mac", "02:42:ac:11:00:02");
  event_.event.set("source.ip", "2001:db8:1111:2222:3333:4444:5555:6666");
  const json::object ocsf = render(ModuleKind::Firewall, "firewall.packet.logged");
  EXPECT_EQ(ocsf.at("raw_data").as_string(), std::string(16, 'x'));
  EXPECT_TRUE(ocsf.at("metadata").at("is_truncated").as_bool());
  // An address that is cut is none.
  EXPECT_EQ(ocsf.at("src_endpoint").at("mac").as_string(), "02:42:ac:11:00:02");
  EXPECT_EQ(ocsf.at("src_endpoint").at("ip").as_string(), "2001:db8:1111:2222:3333:4444:5555:6666");
}

TEST_F(Ocsf, HoldsEverythingWhateverTheBytes) {
  event_.event.set("change.is", std::string("\0\n|=\\\"\xff end", 11));
  event_.number = std::uint64_t{1} << 40U;
  const json::object ocsf = render(ModuleKind::Integrity, "integrity.entity.updated");
  EXPECT_EQ(ocsf.at("unmapped").at("change.is").as_string(), (std::string("\0\n|=\\\"\\xff end", 14)));
  EXPECT_EQ(ocsf.at("unmapped").at("number").as_int64(), std::int64_t{1} << 40U);
  EXPECT_EQ(ocsf.at("class_uid").as_int64(), 3004);
}

}  // namespace
}  // namespace warder::formats
