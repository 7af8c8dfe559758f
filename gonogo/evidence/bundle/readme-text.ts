import { NAMESPACE } from '../sshsig.ts'

/** How to verify a bundle with sha256sum and ssh-keygen alone. */
export const readmeText = (deployment: string): string => `Evidence of the deployment ${deployment}

manifest.json        what is in this folder, with the digest of every file
manifest.sha256      the same digests for sha256sum, the manifest's own among them
events.jsonl         the log: one record a line, each holding the hash of the one before
evidence/sha256/     the evidence that the log names; each file is named by its digest
allowed_signers      the people who may sign, with their public keys
signatures/          each signed statement (NUMBER.PERSON.json) and its signature (.sig)
report.html and .md  the checklist with every blank filled
others               what was deployed and by which rules, as it was at the time

With gonogo, offline:

    npx gonogo verify .

It also recomputes the chain of the log, and replays it: every gate must have been open by what the log said then.

Without gonogo, in this folder, with sha256sum and OpenSSH 8.2 or newer:

1. No file was changed. Each line must end in OK, and the folder must hold no file that is not listed.

    sha256sum --check --strict manifest.sha256

2. The whole folder is the one that was written. gonogo printed this digest at the end of the deployment; compare it
   with a copy that was kept elsewhere. Without such a copy, only what people signed is safe from whoever had the folder.

    sha256sum manifest.json

3. People signed what the log says they signed. NUMBER is the line of events.jsonl.

    for file in signatures/*.json; do
      name=\${file%.json}
      ssh-keygen -Y verify -f allowed_signers -I "\${name#*.}" -n ${NAMESPACE} -s "$name.sig" < "$file"
    done

4. The keys are theirs. Compare with the keys that you know these people by.

    cut -d ' ' -f 1 allowed_signers
    cut -d ' ' -f 3- allowed_signers | ssh-keygen -l -f -

5. The evidence is what the log names: each line has the same digest twice.

    sha256sum evidence/sha256/*

A record's hash is SHA-256 over its canonical JSON (RFC 8785) without the field "hash"; "prev" is the hash of the record
before it, and 64 zeros in the first. A statement was signed as its canonical JSON, in OpenSSH's SSHSIG format.
`
