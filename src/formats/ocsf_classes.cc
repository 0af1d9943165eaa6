#include "formats/ocsf_classes.h"

#include <algorithm>
#include <array>

namespace warder::formats {
namespace {

using enum OcsfClassUid;

constexpr auto kClasses = std::to_array<OcsfClass>({
    {BaseEvent, "Base Event", 0, "Uncategorized"},
    {FileSystemActivity, "File System Activity", 1, "System Activity"},
    {DetectionFinding, "Detection Finding", 2, "Findings"},
    {Authentication, "Authentication", 3, "Identity & Access Management"},
    {EntityManagement, "Entity Management", 3, "Identity & Access Management"},
    {NetworkActivity, "Network Activity", 4, "Network Activity"},
    {DeviceConfigStateChange, "Device Config State Change", 5, "Discovery"},
    {ApplicationLifecycle, "Application Lifecycle", 6, "Application Activity"},
    {ApiActivity, "API Activity", 6, "Application Activity"},
    {ScanActivity, "Scan Activity", 6, "Application Activity"},
    {ApplicationError, "Application Error", 6, "Application Activity"},
    {RemediationActivity, "Remediation Activity", 7, "Remediation"},
    {FileRemediationActivity, "File Remediation Activity", 7, "Remediation"},
});

constexpr OcsfKind kDetection{DetectionFinding, 1, "Create"};
constexpr OcsfKind kError{ApplicationError, 1, "General Error"};
constexpr OcsfKind kState{DeviceConfigStateChange, 1, "Log"};
constexpr OcsfKind kStart{ApplicationLifecycle, 3, "Start"};
constexpr OcsfKind kUpdate{ApplicationLifecycle, 8, "Update"};
constexpr OcsfKind kCommand{ApiActivity, kOtherActivity, "Execute"};
constexpr OcsfKind kManage{ApiActivity, kOtherActivity, "Manage"};
constexpr OcsfKind kRefuse{NetworkActivity, 5, "Refuse"};
constexpr OcsfKind kTraffic{NetworkActivity, 6, "Traffic"};

struct Row {
  std::string_view type;
  OcsfKind kind;
};

// Sorted by type.
constexpr auto kRows = std::to_array<Row>({
    {"agent.certificate.expired", kError},
    {"agent.certificate.expiring", kError},
    {"agent.certificate.refused", kError},
    {"agent.certificate.renewed", {ApplicationLifecycle, kOtherActivity, "Renew Certificate"}},
    {"agent.clock.stepped", kState},
    {"agent.clock.wrong", kState},
    {"agent.clone", kDetection},
    {"agent.command.failed", kCommand},
    {"agent.command.succeeded", kCommand},
    {"agent.content.installed", kUpdate},
    {"agent.content.refused", kUpdate},
    {"agent.enrolled", {EntityManagement, 6, "Enroll"}},
    {"agent.forwarding.failed", kError},
    {"agent.forwarding.loss", kError},
    {"agent.forwarding.recovered", {ApplicationLifecycle, kOtherActivity, "Recover"}},
    {"agent.module.degraded", kState},
    {"agent.module.failed", kState},
    {"agent.module.recovered", kState},
    {"agent.policy.applied", kState},
    {"agent.policy.none", kState},
    {"agent.policy.refused", kState},
    {"agent.spool.corrupt", kError},
    {"agent.spool.disk-full", kError},
    {"agent.spool.gap", kError},
    {"agent.spool.loss", kError},
    {"agent.started", kStart},
    {"agent.stopped", {ApplicationLifecycle, 4, "Stop"}},
    {"agent.tamper.file", kDetection},
    {"agent.tamper.kill", kDetection},
    {"agent.tamper.stop", kDetection},
    {"agent.tamper.syscall", kDetection},
    {"agent.tamper.uninstall", kDetection},
    {"agent.uplink.certificate-expired", kError},
    {"agent.uplink.certificate-time", kError},
    {"agent.uplink.manager-unknown", kError},
    {"agent.uplink.refused", kError},
    {"agent.uplink.unreachable", kError},
    {"alert.acknowledged", kState},
    {"alert.escalated", kState},
    {"alert.heartbeat", {BaseEvent, kOtherActivity, "Check"}},
    {"alert.opened", kState},
    {"alert.resolved", kState},
    {"anti-malware.events.lost", kError},
    {"anti-malware.file.infected", kDetection},
    {"anti-malware.file.restored", {FileRemediationActivity, 3, "Restore"}},
    {"anti-malware.file.suspicious", kDetection},
    {"anti-malware.file.unjudged", kError},
    {"anti-malware.files.missed", kError},
    {"anti-malware.gate.lost", kError},
    {"anti-malware.gate.restarted", {ApplicationLifecycle, 5, "Restart"}},
    {"anti-malware.gate.unavailable", kError},
    {"anti-malware.mount.uncovered", kError},
    {"anti-malware.open.refused", kError},
    {"anti-malware.open.unjudged", kError},
    {"anti-malware.ransomware", kDetection},
    {"anti-malware.scan.cancelled", {ScanActivity, 3, "Cancelled"}},
    {"anti-malware.scan.finished", {ScanActivity, 2, "Completed"}},
    {"anti-malware.scan.started", {ScanActivity, 1, "Started"}},
    {"anti-malware.signatures.failed", kState},
    {"anti-malware.signatures.loading", kState},
    {"anti-malware.signatures.missing", kState},
    {"anti-malware.signatures.old", kState},
    {"audit.action.done", kManage},
    {"audit.action.failed", kManage},
    {"audit.action.refused", kManage},
    {"audit.broken", kDetection},
    {"audit.fork", kDetection},
    {"audit.witness.lost", kError},
    {"backup.created", {BaseEvent, kOtherActivity, "Back Up"}},
    {"backup.failed", kError},
    {"backup.verified", {BaseEvent, kOtherActivity, "Check"}},
    {"directory.sync.failed", kError},
    {"directory.sync.recovered", {ApplicationLifecycle, kOtherActivity, "Recover"}},
    {"firewall.connection.closed", {NetworkActivity, 2, "Close"}},
    {"firewall.connection.opened", {NetworkActivity, 1, "Open"}},
    {"firewall.events.dropped", kError},
    {"firewall.host.isolated", {RemediationActivity, 1, "Isolate"}},
    {"firewall.host.released", {RemediationActivity, 3, "Restore"}},
    {"firewall.packet.denied", kRefuse},
    {"firewall.packet.logged", kTraffic},
    {"firewall.packet.refused", kRefuse},
    {"firewall.packet.would-deny", kTraffic},
    {"firewall.packet.would-refuse", kTraffic},
    {"firewall.recon.detected", kDetection},
    {"firewall.recon.ended", {DetectionFinding, 3, "Close"}},
    {"firewall.rules.applied", kState},
    {"firewall.rules.failed", kState},
    {"firewall.rules.rolled-back", kState},
    {"firewall.table.repaired", kDetection},
    {"incident.declared", kDetection},
    {"integrity.baseline.building", {ScanActivity, 1, "Started"}},
    {"integrity.baseline.created", {ScanActivity, 2, "Completed"}},
    {"integrity.baseline.lost", kError},
    {"integrity.baseline.tampered", kDetection},
    {"integrity.baseline.unverified", kError},
    {"integrity.entity.created", {EntityManagement, 1, "Create"}},
    {"integrity.entity.deleted", {EntityManagement, 4, "Delete"}},
    {"integrity.entity.updated", {EntityManagement, 3, "Update"}},
    {"integrity.file.attributes", {FileSystemActivity, 6, "Set Attributes"}},
    {"integrity.file.created", {FileSystemActivity, 1, "Create"}},
    {"integrity.file.deleted", {FileSystemActivity, 4, "Delete"}},
    {"integrity.file.renamed", {FileSystemActivity, 5, "Rename"}},
    {"integrity.file.updated", {FileSystemActivity, 3, "Update"}},
    {"integrity.rescan.finished", {ScanActivity, 2, "Completed"}},
    {"integrity.watch.incomplete", kError},
    {"integrity.watch.overflow", kError},
    {"integrity.watch.unavailable", kError},
    {"inventory.incomplete", kError},
    {"inventory.too-large", kError},
    {"ips.events.suppressed", kError},
    {"ips.packets.lost", kError},
    {"ips.packets.shed", kError},
    {"ips.queue.failed", kError},
    {"ips.rule.blocked", kDetection},
    {"ips.rule.costly", kError},
    {"ips.rule.matched", kDetection},
    {"ips.rule.suspended", kState},
    {"ips.rules.none", kState},
    {"ips.rules.promoted", kState},
    {"ips.rules.skipped", kError},
    {"ips.starting", kStart},
    {"ips.state.lost", kError},
    {"log-inspection.exception.expired", kState},
    {"log-inspection.lines.dropped", kError},
    {"log-inspection.lines.skipped", kError},
    {"log-inspection.rule.matched", kDetection},
    {"log-inspection.rules.none", kState},
    {"log-inspection.sigma.matched", kDetection},
    {"log-inspection.source.gap", kError},
    {"log-inspection.source.unreadable", kError},
    {"log-inspection.sources.none", kState},
    {"log-inspection.starting", kStart},
    {"log-inspection.state.lost", kError},
    {"notice.failed", kError},
    {"notice.trial", {BaseEvent, kOtherActivity, "Check"}},
    {"policy.rollout.backed-out", kState},
    {"policy.rollout.finished", kState},
    {"policy.rollout.started", kState},
    {"privacy.request.overdue", kError},
    {"report.failed", kError},
    {"report.made", {BaseEvent, kOtherActivity, "Report"}},
    {"review.missed", kError},
    {"siem.destination.failed", kError},
    {"siem.destination.recovered", {ApplicationLifecycle, kOtherActivity, "Recover"}},
    {"siem.destination.trial", {BaseEvent, kOtherActivity, "Check"}},
    {"signatures.mirror.failed", kError},
    {"signatures.mirror.recovered", {ApplicationLifecycle, kOtherActivity, "Recover"}},
    {"signatures.published", kUpdate},
    {"stream.changed", kDetection},
    {"stream.failed", kError},
    {"stream.recovered", {ApplicationLifecycle, kOtherActivity, "Recover"}},
    {"stream.started", kStart},
    {"stream.stopped", {ApplicationLifecycle, 4, "Stop"}},
    {"tenant.canary", {BaseEvent, kOtherActivity, "Check"}},
    {"tenant.isolation.broken", kDetection},
    {"tenant.limit.events", {BaseEvent, kOtherActivity, "Exceed Limit"}},
    {"trust.canary", {BaseEvent, kOtherActivity, "Check"}},
    {"trust.control.failed", kDetection},
    {"trust.control.recovered", {ApplicationLifecycle, kOtherActivity, "Recover"}},
    {"trust.document.requested", {BaseEvent, kOtherActivity, "Ask"}},
    {"trust.evidence.due", {BaseEvent, kOtherActivity, "Remind"}},
    {"trust.evidence.overdue", kDetection},
    {"trust.evidence.renewed", {ApplicationLifecycle, kOtherActivity, "Recover"}},
    {"trust.policy.acknowledged", {ApplicationLifecycle, kOtherActivity, "Recover"}},
    {"trust.policy.due", {BaseEvent, kOtherActivity, "Remind"}},
    {"trust.policy.overdue", kDetection},
});
static_assert(std::ranges::is_sorted(kRows, {}, &Row::type));

}  // namespace

const OcsfClass& ocsf_class(OcsfClassUid uid) noexcept {
  return *std::ranges::find(kClasses, uid, &OcsfClass::uid);
}

OcsfKind ocsf_kind(std::string_view event_type) noexcept {
  const auto* const row = std::ranges::lower_bound(kRows, event_type, {}, &Row::type);
  if (row != kRows.end() && row->type == event_type) return row->kind;
  return {BaseEvent, kOtherActivity, "Other"};
}

}  // namespace warder::formats
