# Short, warm, exact. Sentence case. Say what happened, what it means, what to do.

app-name = Volly
app-lead = Talk to someone. No account, no number, nobody in between.

## First minute
name-label = Your name
name-hint = The people you talk to see it. Any name will do.
start = Start
starting = Starting…
have-invite = I have an invite
restore = Restore
invited-by = { $name } invites you to talk.
invited-by-someone = Someone invites you to talk.
invite-looking = Reading the invite…
start-talking = Start talking
not-now = Not now
go-on = Go on without it

## Restore
restore-title = Restore from your 24 words
restore-lead = The words bring back who you are. Chats stay on the device that had them.
phrase-label = Your 24 words
phrase-count = { $count } of 24 words

## List
chats = Chats
new-chat = New chat
search = Search
search-empty = Nobody here is called “{ $query }”.
list-empty = No chats yet.
invite-sent = Invite sent
invite-open = Waiting for someone to open it
invite-publishing = Goes out when you’re connected
invite-expired = Nobody came in time
draft-prefix = Draft:
own-prefix = You:
unread = { $count ->
    [one] { $count } unread message
   *[other] { $count } unread messages
}
row-empty = Say hello.
row-connecting = Waiting for them to come online
row-gone = Deleted this chat
settings = Settings
title-unread = ({ $count }) { $title }
save-words-title = Save your 24 words
save-words-text = They bring you back if this browser forgets you.
save-words-do = Show them
later = Later

## Invites
invite-title = Invite someone
invite-lead = Let them scan this, or send them the link. It works once.
invite-make = Make an invite
invite-make-lead = You get a link and a code that work for one person, for seven days.
invite-link-label = Invite link
invite-qr-label = The invite link as a QR code
invite-until = Works until { $date }
invite-cancel = Cancel invite
invite-gone = This invite is no longer open.
copy = Copy
copied = Copied
share = Share
share-text = Talk to me on Volly
paste-title = I have an invite
paste-label = Invite link
paste-hint = Paste the link you were given.
paste-do = Open

## Chat
messages-with = Messages with { $name }
message-label = Message
message-to = Message to { $name }
send = Send
back = Back
about = About { $name }
direct = Direct
verified = Verified
chat-empty = Say hello to { $name }.
chat-empty-note = Only the two of you can read this chat.
chat-connecting = { $name } hasn’t come online yet. You can write already; it waits for them.
chat-gone = { $name } deleted this chat. You can still read it, but not write.
chat-missing = This chat isn’t here anymore.
chat-choose = Pick a chat, or start a new one.
new-messages = New
new-below = { $count ->
    [one] { $count } new
   *[other] { $count } new
}
to-newest = To the newest message
today = Today
yesterday = Yesterday
from-you = You
state-failed = Not sent
state-queued = Waiting to be sent
state-sent = Sent
state-deposited = Sent
state-delivered = Delivered
state-read = Read

## Connection
offline = Offline
connecting = Connecting
online = Online
connection-title = Connection
connection-chip = Connection: { $state }
connection-offline = You’re offline. Messages will go out when you’re back.
connection-connecting = Looking for a way out. Messages wait until there is one.
connection-online = Connected. Messages go out right away, and wait at the relay for people who are away.
connection-direct = { $count ->
    [0] Nobody is here at the moment.
    [one] { $count } person is here, device to device.
   *[other] { $count } people are here, device to device.
}
reconnect = Reconnect now
close = Close

## Contact
contact-name = Name
contact-name-hint = Only you see the name you give. Leave it empty to use theirs.
save = Save
saved = Saved
safety = Safety number
safety-compare = Compare safety number
safety-verified = You compared safety numbers.
safety-seen = You know { $name } by the invite. Compare safety numbers to be sure.
safety-lead = Compare this with { $name }, face to face or on a call. If both of you see the same number, nobody is in between.
safety-mark = Mark as verified
safety-clear = Clear verification
contact-since = In your chats since { $date }
delete = Delete chat
delete-title = Delete the chat with { $name }?
delete-text = All messages and keys go from this device, and { $name } is told that you left. This can’t be undone.
delete-do = Delete
cancel = Cancel

## Settings
you = You
your-name = Other people see you as { $name }.
words-title = Your 24 words
words-lead = Whoever has these words is you. Write them on paper, in order, and show nobody.
words-why = They bring you back on another device, or when this browser forgets you. Chats aren’t in them.
words-show = Show the words
words-done = I wrote them down
privacy = Privacy
relay-only = Through the relay only
relay-only-text = The people you talk to don’t learn your IP address. Messages take a little longer.
about-title = About Volly
about-text = Volly runs in this browser alone. What you write is locked here, opens only at the other end, and stays safe from tomorrow’s quantum computers.

## What can go wrong
storage-failing = This browser isn’t saving right now. Keep this page open, and free some space.
error-not-started = Choose a name first.
error-already-started = You have started already, maybe in another tab.
error-empty = There is nothing here yet.
error-too-long = That’s too long. { $max } bytes fit.
error-not-found = That isn’t here anymore.
error-gone = They deleted this chat.
error-not-an-invite = That isn’t a Volly invite. Check that the whole link is there.
error-own-invite = That’s your own invite. Send it to someone else.
error-known-contact = You’re in touch already.
error-invite-used = This invite was already used. Ask for a new one.
error-invite-used-by = This invite was already used. Ask { $name } for a new one.
error-invite-withdrawn = This invite was withdrawn. Ask for a new one.
error-invite-expired = This invite is too old. Ask for a new one.
error-invite-unknown = The relay doesn’t know this invite. Ask for a new one.
error-invite-mismatch = This invite doesn’t match its link, so we stopped. Ask for a new one, on another way.
error-offline = You’re offline. Try again when you’re back.
error-not-a-phrase = These aren’t 24 words of Volly. Check the spelling and the order.
error-limit = That’s as many as there can be: { $max }.
error-not-stored = This browser couldn’t save it. Free some space and try again.
error-engine-moved = Volly moved to another tab. Try again.
error-other = That didn’t work. Try again.
try-again = Try again

## Start-up
failure-title = Volly can’t start
failure-vanished-title = This browser forgot you
failure-vanished = Volly was here before, but its data is gone: the browser has cleared it. Your 24 words bring you back; the chats are lost on this device.
failure-vanished-do = Start again here
failure-newer = Your chats were saved by a newer Volly. Reload to get it; nothing is lost.
failure-unreadable = The saved data can’t be opened. Nothing was deleted. Reload, or restart the browser.
failure-storage = This browser won’t let Volly save anything. Leave private browsing, or allow storage for this page, then reload.
failure-locks = Volly needs a secure page. Open it with https, in a current browser.
failure-version = Another tab runs an older Volly. Close the other tabs, then reload.
failure-other = Something is wrong that Volly doesn’t know yet. Nothing was deleted. Reload, or restart the browser.
reload = Reload
