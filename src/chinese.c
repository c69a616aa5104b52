/*
 * chinese.c: texts for people in Chinese, by the English that stands in the code. Both have
 * the same conversions; where Chinese has another order, they carry their numbers.
 */
#include "postgres.h"

#include "language.h"

const PgiTranslation pgi_chinese[] = {
	/* explain.c */
	{"Incident " INT64_FORMAT " was detected at %s. It is under policy %s, version %s.",
	 "事件 " INT64_FORMAT " 于 %s 发现，适用策略 %s 第 %s 版。"},
	{"It is in quarantine since %s (%s, SQLSTATE %s); next try at %s.",
	 "自 %s 起被隔离（%s，SQLSTATE %s），下次重试时间：%s。"},
	{"A tick is due since %s: what follows includes what it will decide.",
	 "自 %s 起有 tick 未处理；以下内容已包括它将作出的判定。"},
	{"It is %s.", "当前状态：%s。"},
	{"unknown", "未知"},
	{"Asset %s has level %s; the severity is %s.", "资产 %s 的级别：%s；严重程度：%s。"},
	{"The asset is not known yet; its level is %s, the severity is %s.",
	 "资产尚不明确，级别：%s；严重程度：%s。"},
	{"What is unknown counts as the most urgent possible.",
	 "未知者按可能的最高情形处理（就高原则）。"},
	{"The event level is %s by the matrix.", "事件级别：%s（由矩阵得出）。"},
	{"The response level is %s by the matrix.", "响应级别：%s（由矩阵得出）。"},
	{"The response level is %s: the matrix gives %s, and from %s on it is %s by step %d "
	 "of "
	 "the escalation.",
	 "响应级别：%s。矩阵给出%s，自 %s 起按第 %5$d 个升级步骤升至%4$s。"},
	{"The response level is %s: the matrix gives %s, and from %s on the time left is no "
	 "longer than the processing time of level %s.",
	 "响应级别：%s。矩阵给出%s，自 %s 起剩余时间不超过%s的处置时限。"},
	{"The response level is %s: the matrix gives %s, and a step of the escalation has "
	 "raised it.",
	 "响应级别：%s。矩阵给出%s，之后由升级步骤提升。"},
	{"There is no limit on the processing time.", "处置不限时。"},
	{"The processing time is %s.", "处置时限为 %s。"},
	{"The processing time is %s and has passed.", "处置时限为 %s，已超时。"},
	{"The clock shows %s since detection and is running.",
	 "自发现起计时 %s，计时进行中。"},
	{"The clock shows %s since detection and stands still.",
	 "自发现起计时 %s，计时已停止。"},
	{" and ", "；"},
	{"the duty %s is overdue", "职责 %s 逾期"},
	{"the duty %s begins", "职责 %s 开始"},
	{"the duty %s begins again", "职责 %s 再次开始"},
	{"the response rises to level %s", "响应升至%s"},
	{"the processing time has passed", "处置超时"},
	{"its plan should have been activated", "应已启动预案"},
	{"it should have been acknowledged", "应已确认接手"},
	{"it should have been acknowledged by now", "仍未确认接手"},
	{"No rule will fire any more.", "不会再有规则触发。"},
	{"No rule fires while the clock stands still.", "计时停止期间没有规则触发。"},
	{"Next: at %s, when the clock shows %s, %s.", "下一步：%s，计时到 %s 时，%s。"},
	{"Next: at %s %s.", "下一步：%s，%s。"},
	{NULL, NULL}};
