-- A journal as the first releases made it.
BEGIN TRANSACTION;
CREATE TABLE youju_feedback (
	receipt VARCHAR(32) NOT NULL, 
	given VARCHAR(32) NOT NULL, 
	good BOOLEAN NOT NULL, 
	reasons JSON NOT NULL, 
	remark TEXT NOT NULL, 
	PRIMARY KEY (receipt)
);
INSERT INTO "youju_feedback" VALUES('old','2026-11-25T08:30:00.000000+00:00',0,'["expired"]','旧');
CREATE TABLE youju_questions (
	id INTEGER NOT NULL, 
	asked VARCHAR(32) NOT NULL, 
	question TEXT NOT NULL, 
	place VARCHAR(100) NOT NULL, 
	outcome VARCHAR(20) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "youju_questions" VALUES(1,'2026-11-25T08:30:00.000000+00:00','校车谁出钱','三台县','not_found');
CREATE TABLE youju_receipts (
	id VARCHAR(32) NOT NULL, 
	asked VARCHAR(32) NOT NULL, 
	record JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "youju_receipts" VALUES('old','2026-11-25T08:30:00.000000+00:00','{"question": "问题“一”？", "understood": "", "place": "三台县", "on": "", "outcome": "answered", "text": "", "statements": [{"text": "每月300元。", "labels": [1], "group": "《办法》", "computed": [], "translation": ""}], "sources": [{"label": 1, "document_id": "d1", "title": "《办法》", "path": "第一条", "anchor": "a1", "place": "三台县", "doc_no": "三教〔2026〕1号", "dates": [["施行", "2026-01-01"]], "validity": "现行有效", "quote": "每月300元。", "start": 3, "end": 10, "file": "甲.txt"}], "generation": "3", "built": "2026-11-24", "documents": 5}');
CREATE TABLE youju_withheld (
	document_id VARCHAR(64) NOT NULL, 
	PRIMARY KEY (document_id)
);
INSERT INTO "youju_withheld" VALUES('d9');
CREATE INDEX ix_youju_receipts_asked ON youju_receipts (asked);
CREATE INDEX ix_youju_feedback_given ON youju_feedback (given);
CREATE INDEX ix_youju_questions_asked ON youju_questions (asked);
COMMIT;
