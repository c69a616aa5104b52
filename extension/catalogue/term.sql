-- What the words of the extension are called for people, in English and Chinese.

CREATE FUNCTION incident.terms(OUT kind text, OUT word text, OUT en text, OUT zh text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	VALUES
	('status', 'open', 'open', '未接手'),
	('status', 'acknowledged', 'acknowledged', '已确认接手'),
	('status', 'active', 'active', '预案已启动'),
	('status', 'on_hold', 'on hold', '挂起'),
	('status', 'resolved', 'resolved', '已处置'),
	('status', 'closed', 'closed', '已关闭'),
	('status', 'cancelled', 'cancelled', '已取消'),
	('entry', 'opened', 'opened', '登记'),
	('entry', 'assessed', 'assessed', '评估'),
	('entry', 'acknowledged', 'acknowledged', '确认接手'),
	('entry', 'activated', 'plan activated', '启动预案'),
	('entry', 'held', 'put on hold', '挂起'),
	('entry', 'resumed', 'resumed', '恢复处置'),
	('entry', 'resolved', 'resolved', '处置完成'),
	('entry', 'closed', 'closed', '关闭'),
	('entry', 'reopened', 'reopened', '重新打开'),
	('entry', 'cancelled', 'cancelled', '取消'),
	('entry', 'noted', 'noted', '备注'),
	('entry', 'done', 'duty done', '职责完成'),
	('entry', 'migrated', 'put under another policy', '改用其他策略'),
	('entry', 'marked', 'confidentiality mark changed', '变更密级标记'),
	('entry', 'raised', 'raised by a graver repeat', '因更严重的重复报告而提升'),
	('entry', 'graded', 'graded', '定级'),
	('entry', 'escalated', 'escalated', '响应升级'),
	('entry', 'breached', 'processing time passed', '处置超时'),
	('entry', 'overdue', 'overdue', '逾期'),
	('entry', 'due', 'duty begins', '职责开始'),
	('entry', 'repeated', 'duty begins again', '职责再次开始'),
	('entry', 'voided', 'taken back', '撤销'),
	('rule', 'matrix', 'matrix', '定级矩阵'),
	('rule', 'processing_time', 'processing time', '处置时限'),
	('rule', 'acknowledgement', 'time to acknowledge', '确认时限'),
	('rule', 'response', 'time to activate the plan', '启动预案时限'),
	('rule', 'remaining_time', 'time left is short', '剩余时间不足'),
	('rule', 'step', 'step of the escalation', '升级步骤'),
	('rule', 'duty', 'duty', '职责'),
	('duty status', 'none', 'not begun', '未开始'),
	('duty status', 'due', 'due', '待办'),
	('duty status', 'overdue', 'overdue', '逾期'),
	('duty status', 'done', 'done', '已完成'),
	('duty status', 'ended', 'ended undone', '未完成即终止'),
	('role', 'reporter', 'reporter', '报告人'),
	('role', 'responder', 'responder', '处置人'),
	('role', 'auditor', 'auditor', '审计人'),
	('role', 'administrator', 'administrator', '管理员'),
	('role', 'operator', 'operator', '运维人'),
	('role', 'relay', 'relay', '消息中继'),
	('role', 'gateway', 'gateway', '应答网关'),
	('act', 'activate', 'activate the plan', '启动预案'),
	('act', 'downgrade', 'lower the level', '降级'),
	('act', 'close', 'close the incident', '关闭事件'),
	('source', 'human_malicious', 'human, malicious', '人为恶意'),
	('source', 'human_unintended', 'human, unintended', '人为非恶意'),
	('source', 'environmental', 'environmental', '环境因素'),
	('path', 'direct', 'direct', '直接'),
	('path', 'indirect', 'indirect', '间接'),
	('manner', 'malware', 'malware', '恶意代码'),
	('manner', 'scanning', 'scanning and probing', '扫描探测'),
	('manner', 'attack', 'attack', '攻击'),
	('manner', 'privilege_abuse', 'abuse of privileges', '越权或滥用'),
	('manner', 'repudiation', 'repudiation', '抵赖'),
	('manner', 'theft', 'theft or leak', '窃取泄密'),
	('manner', 'destruction', 'physical destruction', '物理破坏'),
	('manner', 'tampering', 'tampering', '篡改'),
	('manner', 'error', 'wrong or missing operation', '误操作或无作为'),
	('manner', 'management', 'lack of management', '管理不到位'),
	('manner', 'fault', 'fault of hardware or software', '软硬件故障'),
	('manner', 'environment', 'physical environment', '物理环境影响'),
	('area', 'physical', 'physical', '物理'),
	('area', 'network', 'network', '网络'),
	('area', 'host', 'host', '主机'),
	('area', 'application', 'application', '应用'),
	('area', 'data', 'data', '数据'),
	('area', 'management', 'management', '管理'),
	('evidence', 'interview', 'interview', '访谈'),
	('evidence', 'document_review', 'document review', '文档审查'),
	('evidence', 'observation', 'observation', '现场观察'),
	('evidence', 'verification', 'verification', '验证测试'),
	('evidence', 'scan', 'vulnerability scan', '漏洞扫描'),
	('vulnerability status', 'found', 'found', '已发现'),
	('vulnerability status', 'assessed', 'assessed', '已评估'),
	('vulnerability status', 'fixed', 'fixed', '已修复'),
	('vulnerability status', 'verified', 'verified', '已验证'),
	('vulnerability status', 'closed', 'closed', '已关闭'),
	('measure kind', 'preventive', 'preventive', '预防性'),
	('measure kind', 'protective', 'protective', '保护性'),
	('measure status', 'planned', 'planned', '计划中'),
	('measure status', 'in_progress', 'in progress', '实施中'),
	('measure status', 'in_place', 'in place', '已落实'),
	('measure status', 'withdrawn', 'withdrawn', '已撤销'),
	('decision', 'keep', 'keep', '保持'),
	('decision', 'control', 'control', '控制'),
	('decision', 'accept', 'accept', '接受'),
	('decision', 'avoid', 'avoid', '避免'),
	('decision', 'transfer', 'transfer', '转移'),
	('treatment status', 'proposed', 'proposed', '已提出'),
	('treatment status', 'reviewed', 'reviewed', '已评审'),
	('treatment status', 'approved', 'approved', '已批准'),
	('treatment status', 'closed', 'closed', '已关闭'),
	('treatment status', 'rejected', 'rejected', '已驳回'),
	('treatment status', 'replaced', 'replaced', '已替换'),
	('approver', 'security_group', 'security group', '安全组'),
	('approver', 'person_in_charge', 'person in charge', '主管负责人'),
	('approver', 'general_manager', 'general manager', '总经理'),
	('standing', 'acceptable', 'acceptable', '可接受'),
	('standing', 'accepted', 'accepted', '已接受'),
	('standing', 'residual_approved', 'residual risk approved', '残余风险已批准'),
	('standing', 'in_treatment', 'in treatment', '处置中'),
	('standing', 'untreated', 'untreated', '未处置'),
	('stage', 'prepare', 'preparation', '评估准备'),
	('stage', 'identify', 'identification', '要素识别'),
	('stage', 'analyse', 'analysis', '风险分析'),
	('stage', 'plan', 'plan and acceptance', '处置计划与验收'),
	('stage', 'closed', 'closed', '已结束')
	UNION ALL
	SELECT 'severity', s::text, incident.label(s, 'en'), incident.label(s, 'zh')
	FROM unnest('{informational,minor,moderate,severe,critical}'::incident.severity[]) AS s
	UNION ALL
	SELECT 'level', l::text, incident.label(l, 'en'), incident.label(l, 'zh')
	FROM unnest('{none,9,8,7,6,5,4,3,2,1}'::incident.level[]) AS l
	UNION ALL
	SELECT 'rating', r::text, incident.label(r, 'en'), incident.label(r, 'zh')
	FROM unnest('{1,2,3,4,5}'::incident.rating[]) AS r
$$;

-- What a word is called in a language: by the policy with this id where it has a title for it,
-- else in general. NULL when there is no such word.
CREATE FUNCTION incident_internal.term_of(kind text, word text, language text, policy_id integer)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(
		CASE kind
			WHEN 'severity' THEN (SELECT s.title ->> language FROM incident_internal.policy_severities AS s
				WHERE s.policy_id = term_of.policy_id AND s.severity::text = word)
			WHEN 'level' THEN (SELECT l.title ->> language FROM incident_internal.policy_levels AS l
				WHERE l.policy_id = term_of.policy_id AND l.level::text = word)
			WHEN 'asset level' THEN (SELECT v.item #>> ARRAY['title', language]
				FROM incident_internal.policies AS p, incident_internal.json_items(p.axes #> '{asset,values}') AS v
				WHERE p.policy_id = term_of.policy_id AND v.item ->> 'level' = word)
			WHEN 'post' THEN (SELECT r.title ->> language FROM incident_internal.policy_posts AS r
				WHERE r.policy_id = term_of.policy_id AND r.post = word)
			WHEN 'duty' THEN (SELECT d.title ->> language FROM incident_internal.policy_duties AS d
				WHERE d.policy_id = term_of.policy_id AND d.duty = word)
		END,
		(SELECT CASE language WHEN 'zh' THEN t.zh ELSE t.en END
			FROM incident.terms() AS t
			WHERE t.kind = CASE term_of.kind WHEN 'asset level' THEN 'level' ELSE term_of.kind END AND t.word = term_of.word))
$$;

CREATE FUNCTION incident_internal.term(
	kind text, word text, language text DEFAULT NULL, policy text DEFAULT NULL)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		-- what a rule is about stands behind a colon
		WHEN kind = 'rule' AND word LIKE '%:%' THEN format('%s: %s',
			incident_internal.term_of('rule', split_part(word, ':', 1), l.language, NULL),
			CASE split_part(word, ':', 1)
				WHEN 'remaining_time' THEN incident_internal.term_of('level', split_part(word, ':', 2), l.language, p.policy_id)
				WHEN 'duty' THEN coalesce(incident_internal.term_of('duty', split_part(word, ':', 2), l.language, p.policy_id),
					split_part(word, ':', 2))
				ELSE split_part(word, ':', 2) END)
		ELSE incident_internal.term_of(kind, word, l.language, p.policy_id) END
	FROM (SELECT incident.language(term.language) AS language) AS l,
		LATERAL (SELECT CASE WHEN kind IN ('severity', 'asset level', 'level', 'post', 'duty', 'rule') THEN
			incident.policy_id(coalesce(policy, (SELECT o.policy FROM incident_internal.organisations AS o
				WHERE o.org_id = incident.current_organisation()), 'eport')) END AS policy_id) AS p
$$;

COMMENT ON FUNCTION incident.terms() IS
'The words that views and functions give and take, by kind, with what they are called in English and in Chinese. Titles of a policy''s own are not among them.';
COMMENT ON FUNCTION incident_internal.term(text, text, text, text) IS
'What a word is called for people, in a language (en or zh; NULL: that of the setting pg_incident.language). kind is one of terms(), or asset level, post or duty, of a policy (NULL: the organisation''s), which also has its own titles of severities and levels. A rule is as the timeline shows it, such as remaining_time:1. NULL when there is no such word.';

SELECT incident_internal.allow('look_up', 'term', 'terms');
